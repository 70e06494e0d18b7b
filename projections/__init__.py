"""Read models: what the journal says, folded into tables and questions one can ask of them."""
