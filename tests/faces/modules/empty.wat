;; Nothing at all, so that there is nothing to call.
(module)
