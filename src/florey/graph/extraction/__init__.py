"""From a page to typed relations: infobox rules, lexical patterns, a language model; no relation without a quote."""
