# Nothing of it is used here: the library needs no other.
