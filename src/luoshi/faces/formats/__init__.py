"""How dates are written into and read from forms (FORMAT_MODULE_PATH)."""
