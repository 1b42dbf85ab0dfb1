// What the programs that must not compile have at hand. Each is compiled twice: without REFUSED it must pass, with it the
// compiler must fail and say what the first line's extended regular expression names.
#include "wrt.hpp"
#include <array>
#include <string>
