# In the headers of C++ a comment of three slashes speaks of all declarations that follow it without an empty line, for
# Doxygen of the first alone: on the way there it is written before each of them. A declaration that follows without a
# comment of its own, and is no more than the form that the language asks for (a default, a conversion, an operator), is
# told by its class.
function indentation(text) {
    match(text, /^ */)
    return RLENGTH
}
/^ *\/\/\// {
    if (!in_comment) block = ""
    block = block $0 "\n"
    in_comment = 1
    print
    next
}
/^ *$/ { block = ""; in_comment = 0; ended = 0; print; next }
{
    depth = indentation($0)
    if (in_comment) {
        at = depth
    } else if (block != "" && ended && depth == at && $0 !~ /^ *(\/\/|#|}|public:|private:|\)|:|if |else|return )/) {
        printf "%s", block
    }
    if ($0 ~ /^ *(public|private|protected):/) block = ""
    in_comment = 0
    ended = depth == at && $0 ~ /[;}]( *\/\/.*)?$/
    print
}
