// Names that follow content, references that follow names.
