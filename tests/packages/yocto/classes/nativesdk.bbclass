# For the variant of this name, which is parsed here and not built.
