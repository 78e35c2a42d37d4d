"""A state machine over whole histories of decisions, and the oracle that judges every step of it.

`acts_*` say what people may try, `oracle` what must hold whatever they tried. The oracle reads the
tables and the log only; none of the product's rules is asked, so that a rule that is wrong cannot
excuse itself.
"""
