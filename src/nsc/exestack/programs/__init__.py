"""From a source's text to executed programs: profile, extraction, execution, mutation."""
