"""Pages of the pledges: the public texts, signing and declining, the receipt."""
