"""Comparing: what one report says beside another, figure by figure and sentence by sentence, across years, forms and versions."""
