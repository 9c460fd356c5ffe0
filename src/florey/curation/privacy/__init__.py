"""Privacy: what identifies a person is replaced by typed placeholders; what names diseases, drugs and signs is kept."""
