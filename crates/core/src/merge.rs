//! Bringing two changes of one text together, line by line.

/// Pairs of lines that are compared at most; texts that differ more than that don't merge.
const MOST_PAIRS: usize = 4_000_000;

/// The text that has both changes of `base`, `None` where they touch the same or neighbouring lines. A change that both
/// made is one change.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Option<String> {
    if ours == base || ours == theirs {
        return Some(theirs.to_owned());
    }
    if theirs == base {
        return Some(ours.to_owned());
    }
    let [base, ours, theirs] = [base, ours, theirs].map(|text| text.split('\n').collect::<Vec<_>>());
    let (in_ours, in_theirs) = (kept(&base, &ours)?, kept(&base, &theirs)?);
    let mut merged: Vec<&str> = Vec::new();
    let (mut from, mut our_from, mut their_from) = (0, 0, 0);
    // What stands between two lines that all three have was changed by one side at most.
    for at in 0..=base.len() {
        let (our_at, their_at) = if at == base.len() {
            (ours.len(), theirs.len())
        } else {
            match (in_ours[at], in_theirs[at]) {
                (Some(our_at), Some(their_at)) => (our_at, their_at),
                _ => continue,
            }
        };
        let was = &base[from..at];
        let (our, their) = (&ours[our_from..our_at], &theirs[their_from..their_at]);
        if our == was || our == their {
            merged.extend_from_slice(their);
        } else if their == was {
            merged.extend_from_slice(our);
        } else {
            return None;
        }
        merged.extend(base.get(at));
        (from, our_from, their_from) = (at + 1, our_at + 1, their_at + 1);
    }
    Some(merged.join("\n"))
}

/// For each line of a text, where it stands in a changed form of the text; `None` for lines that were taken out. The
/// lines that are kept are a longest common subsequence.
fn kept(before: &[&str], after: &[&str]) -> Option<Vec<Option<usize>>> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = before.iter().zip(after).take_while(same).count();
    let (before_rest, after_rest) = (&before[head..], &after[head..]);
    let tail = before_rest.iter().rev().zip(after_rest.iter().rev()).take_while(same).count();
    let (rows, columns) = (before_rest.len() - tail, after_rest.len() - tail);
    if rows.saturating_mul(columns) > MOST_PAIRS {
        return None;
    }
    // lengths[row][column]: how many lines the parts from there on have in common.
    let mut lengths = vec![vec![0u32; columns + 1]; rows + 1];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            lengths[row][column] = if before_rest[row] == after_rest[column] {
                lengths[row + 1][column + 1] + 1
            } else {
                lengths[row + 1][column].max(lengths[row][column + 1])
            };
        }
    }
    let mut places: Vec<Option<usize>> = (0..head).map(Some).collect();
    let mut column = 0;
    for row in 0..rows {
        while column < columns
            && before_rest[row] != after_rest[column]
            && lengths[row][column + 1] == lengths[row][column]
        {
            column += 1;
        }
        let meets = column < columns && before_rest[row] == after_rest[column];
        places.push(meets.then_some(head + column));
        column += usize::from(meets);
    }
    places.extend((0..tail).map(|at| Some(after.len() - tail + at)));
    Some(places)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(base: &str, ours: &str, theirs: &str, expected: Option<&str>) {
        let lines = |text: &str| text.replace(' ', "\n");
        let expected = expected.map(lines);
        assert_eq!(merge(&lines(base), &lines(ours), &lines(theirs)), expected);
        assert_eq!(merge(&lines(base), &lines(theirs), &lines(ours)), expected, "the other way round");
    }

    #[test]
    fn changes_of_different_lines_come_together() {
        check("1 2 3 4 5", "A 2 3 4 5", "1 2 3 4 B", Some("A 2 3 4 B"));
        check("1 2 3 4 5", "0 1 2 3 4 5", "1 2 3 5", Some("0 1 2 3 5"));
        check("1 2 3", "1 2 3 4", "2 3", Some("2 3 4"));
        check("1 1 1 2 1 1", "1 1 1 2 1", "X 1 1 1 2 1 1", Some("X 1 1 1 2 1"));
    }

    #[test]
    fn changes_of_the_same_lines_do_not() {
        check("1 2 3", "1 A 3", "1 B 3", None);
        check("1 2 3", "1 A 3", "1 3", None);
        check("1 2 3", "1 2 A 3", "1 2 B 3", None);
        check("1 2 3 4", "1 A 3 4", "1 2 B 4", None);
    }

    #[test]
    fn one_change_is_no_conflict() {
        check("1 2 3", "1 A 3", "1 2 3", Some("1 A 3"));
        check("1 2 3", "1 A 3", "1 A 3", Some("1 A 3"));
        check("1 2 3 4 5", "1 A 3 4 5", "1 A 3 4 B", Some("1 A 3 4 B"));
    }

    #[test]
    fn texts_that_differ_in_too_much_do_not_merge() {
        let text = |mark: &str| (0..3_000).map(|n| format!("{mark}{n}")).collect::<Vec<_>>().join("\n");
        assert_eq!(merge(&text("a"), &text("b"), &text("c")), None);
    }

    proptest! {
        #[test]
        fn a_change_and_none_give_the_change(base in "[ab\n]{0,12}", changed in "[abc\n]{0,12}") {
            prop_assert_eq!(merge(&base, &changed, &base), Some(changed.clone()));
            prop_assert_eq!(merge(&base, &base, &changed), Some(changed));
        }

        #[test]
        fn the_sides_are_alike(base in "[ab\n]{0,12}", ours in "[abc\n]{0,12}", theirs in "[abd\n]{0,12}") {
            prop_assert_eq!(merge(&base, &ours, &theirs), merge(&base, &theirs, &ours));
        }
    }
}
