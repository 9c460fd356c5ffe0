"""How questions look from outside: what gives an answer away, what tells them from real ones, what experts say."""
