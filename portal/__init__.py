"""The testimony portal: survivors and families hand over what they know, safely."""
