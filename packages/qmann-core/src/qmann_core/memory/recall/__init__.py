"""Recall: what is asked, one pass over the keys, a search of counted calls, and its ledger."""
