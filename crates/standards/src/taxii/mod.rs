//! TAXII 2.1.
