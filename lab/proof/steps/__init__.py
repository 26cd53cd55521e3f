"""The steps of a proof: what is observed in a lab, and `judge`, a plain function from that to rows."""
