"""What makes and runs images: one module per engine, behind one Protocol."""
