"""The public side: submissions, consent, the source's folder."""
