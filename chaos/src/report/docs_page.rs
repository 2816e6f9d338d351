//! The table's place in the documentation.

use std::fs;

use anyhow::Context;

const PAGE: &str = "docs/guarantees.md";
const BEGIN: &str = "<!-- script/chaos --write: begin -->\n";
const END: &str = "<!-- script/chaos --write: end -->";

/// Replaces what stands between the markers.
pub fn write(text: &str) -> anyhow::Result<()> {
    let page = fs::read_to_string(PAGE).with_context(|| format!("cannot read {PAGE}"))?;
    let page = replace(&page, text).with_context(|| format!("{PAGE} has lost its markers"))?;
    fs::write(PAGE, page).with_context(|| format!("cannot write {PAGE}"))
}

fn replace(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{text}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let page = format!("a\n{BEGIN}old\n{END}\nb\n");
        assert_eq!(replace(&page, "new\n").unwrap(), format!("a\n{BEGIN}\nnew\n\n{END}\nb\n"));
        assert_eq!(replace("a\n", "new"), None);
    }
}
