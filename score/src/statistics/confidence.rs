//! Whether stated confidences mean what they say.

use super::mean;

/// The mean square error of stated confidences (Brier 1950): 0 is perfect, 0.25 is what always saying one half gets. Each
/// pair is a confidence from 0 to 1 and whether the answer was right. None: no pairs.
pub fn brier(answers: &[(f64, bool)]) -> Option<f64> {
    let squares: Vec<f64> =
        answers.iter().map(|(stated, right)| (stated - f64::from(u8::from(*right))).powi(2)).collect();
    (!squares.is_empty()).then(|| mean(&squares))
}

/// How much better stated confidences are than always stating the base rate: 1 is perfect, 0 no better, below 0 worse
/// (Brier 1950). Each pair is a confidence from 0 to 1 and whether the answer was right. None: no pairs, or all answers
/// alike right or wrong, where the base rate cannot be beaten.
pub fn brier_skill(answers: &[(f64, bool)]) -> Option<f64> {
    let outcomes: Vec<f64> = answers.iter().map(|(_, right)| f64::from(u8::from(*right))).collect();
    if outcomes.is_empty() {
        return None;
    }
    let base = mean(&outcomes);
    let error = |stated: &dyn Fn(usize) -> f64| {
        let squares = outcomes.iter().enumerate().map(|(index, outcome)| (stated(index) - outcome).powi(2));
        squares.sum::<f64>()
    };
    let reference = error(&|_| base);
    (reference > 0.0).then(|| 1.0 - error(&|index| answers[index].0) / reference)
}

/// How often a right answer was stated with more confidence than a wrong one (Hanley 1982); ties count half.
/// 0.5 is no better than chance. None: there are not both right and wrong answers.
pub fn area_under_curve(answers: &[(f64, bool)]) -> Option<f64> {
    let stated = |right: bool| answers.iter().filter(move |answer| answer.1 == right).map(|answer| answer.0);
    let (right, wrong): (Vec<f64>, Vec<f64>) = (stated(true).collect(), stated(false).collect());
    if right.is_empty() || wrong.is_empty() {
        return None;
    }
    let pairs = right.iter().flat_map(|a| wrong.iter().map(move |b| a.total_cmp(b)));
    let won: f64 = pairs
        .map(|order| match order {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        })
        .sum();
    Some(won / (right.len() * wrong.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skill_is_one_for_a_prophet_and_nothing_for_the_base_rate() {
        let skill =
            |pairs: &[(f64, bool)]| brier_skill(pairs).map_or_else(|| "none".to_owned(), |it| format!("{it:.2}"));
        assert_eq!(skill(&[(1.0, true), (0.0, false)]), "1.00");
        assert_eq!(skill(&[(0.5, true), (0.5, false)]), "0.00");
        assert_eq!(skill(&[(0.0, true), (1.0, false)]), "-3.00");
        assert_eq!(skill(&[(0.9, true)]), "none");
    }

    #[test]
    fn the_error_is_squared_and_the_area_counts_pairs() {
        let shown = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |value| format!("{value:.3}"));
        assert_eq!(shown(brier(&[(0.9, true), (0.4, false)])), "0.085");
        assert_eq!(shown(brier(&[])), "none");
        assert_eq!(shown(area_under_curve(&[(0.9, true), (0.5, true), (0.5, false), (0.1, false)])), "0.875");
        assert_eq!(shown(area_under_curve(&[(0.9, true)])), "none");
    }
}
