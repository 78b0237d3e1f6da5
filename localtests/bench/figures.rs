//! Figures: what was measured, how it spreads, and its target. As a table for people and as JSON for programs.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use crate::Outcome;
use crate::machine::Machine;

/// Everything that a run of the benchmark found.
#[derive(Serialize)]
pub struct Report {
    machine: Machine,
    sections: Vec<Section>,
    #[serde(skip)]
    sections_printed: usize,
    /// What makes figures worthless: failed runs, errors at writers, wrong rows.
    problems: Vec<String>,
}

#[derive(Serialize)]
struct Section {
    title: String,
    figures: Vec<Figure>,
    notes: Vec<String>,
}

/// One quantity, measured one or more times.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    name: String,
    unit: &'static str,
    min: f64,
    median: f64,
    max: f64,
    values: Vec<f64>,
    target: Option<Target>,
}

/// What the median should be. Missing it is news, not a failure.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    fn text(self, value: f64) -> String {
        let (sign, limit) = match self {
            Self::AtMost(limit) => ("≤", limit),
            Self::AtLeast(limit) => ("≥", limit),
        };
        let verdict = if self.is_met(value) { "met" } else { "not met" };
        format!("target {sign} {}: {verdict}", number(limit))
    }
}

impl Figure {
    pub fn new(name: impl Into<String>, unit: &'static str, values: Vec<f64>) -> Self {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let end = |value: Option<&f64>| value.copied().unwrap_or(f64::NAN);
        let (min, median, max) = (end(sorted.first()), median(&sorted), end(sorted.last()));
        Self {
            name: name.into(),
            unit,
            min,
            median,
            max,
            values,
            target: None,
        }
    }

    #[must_use]
    pub fn target(self, target: Target) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    /// Run by run, this one divided by the other: the machine's mood of the moment is in both.
    pub fn over(&self, other: &Self, name: impl Into<String>) -> Self {
        let pairs = self.values.iter().zip(&other.values);
        Self::new(name, "×", pairs.map(|(ours, theirs)| ours / theirs).collect())
    }

    /// Medians, one divided by the other: for runs that do not stand next to each other.
    pub fn median_over(&self, other: &Self, name: impl Into<String>) -> Self {
        Self::new(name, "×", vec![self.median / other.median])
    }

    pub fn scaled(&self, factor: f64) -> Self {
        Self::new(
            self.name.clone(),
            self.unit,
            self.values.iter().map(|value| value * factor).collect(),
        )
    }

    fn line(&self) -> String {
        let [min, median, max] = [self.min, self.median, self.max].map(number);
        let target = self
            .target
            .map(|target| target.text(self.median))
            .unwrap_or_default();
        let Self {
            name, unit, values, ..
        } = self;
        let line = format!(
            "  {name:<62} {median:>9} {min:>9} {max:>9}  {unit:<10} {:>2}  {target}",
            values.len()
        );
        line.trim_end().to_owned() + "\n"
    }
}

fn median(sorted: &[f64]) -> f64 {
    let at = |place: usize| sorted.get(place).copied().unwrap_or(f64::NAN);
    let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    (at(low) + at(high)) / 2.0
}

/// Three digits that matter.
fn number(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => "-".to_owned(),
        0.0..10.0 => format!("{value:.2}"),
        10.0..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

impl Report {
    pub fn new(machine: Machine) -> Self {
        Self {
            machine,
            sections: Vec::new(),
            sections_printed: 0,
            problems: Vec::new(),
        }
    }

    /// What follows belongs to a new section.
    pub fn section(&mut self, title: impl Into<String>) {
        self.sections.push(Section {
            title: title.into(),
            figures: Vec::new(),
            notes: Vec::new(),
        });
    }

    pub fn add(&mut self, figure: Figure) {
        if let Some(section) = self.sections.last_mut().filter(|_| !figure.values.is_empty()) {
            section.figures.push(figure);
        }
    }

    /// A sentence below the section's figures.
    pub fn note(&mut self, note: impl Into<String>) {
        if let Some(section) = self.sections.last_mut() {
            section.notes.push(note.into());
        }
    }

    pub fn problem(&mut self, problem: impl Into<String>) {
        let problem = problem.into();
        eprintln!("bench: problem: {problem}");
        self.problems.push(problem);
    }

    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    pub fn heading(&self) -> String {
        self.machine.text()
    }

    /// The sections that this has not yet given.
    pub fn newest(&mut self) -> String {
        let text = self
            .sections
            .iter()
            .skip(self.sections_printed)
            .map(Section::text)
            .collect();
        self.sections_printed = self.sections.len();
        text
    }

    pub fn ending(&self, out: &Path) -> String {
        let mut text = String::new();
        for problem in &self.problems {
            let _ = writeln!(text, "problem: {problem}");
        }
        let _ = writeln!(text, "report: {0}/report.txt {0}/report.json", out.display());
        text
    }

    /// Both forms, after each part: whoever interrupts the rest keeps what there is.
    pub fn write(&self, out: &Path) -> Outcome {
        let sections: String = self.sections.iter().map(Section::text).collect();
        std::fs::write(
            out.join("report.txt"),
            self.heading() + &sections + &self.ending(out),
        )?;
        std::fs::write(
            out.join("report.json"),
            serde_json::to_string_pretty(self)? + "\n",
        )?;
        Ok(())
    }
}

impl Section {
    fn text(&self) -> String {
        let mut text = format!(
            "\n{:<64} {:>9} {:>9} {:>9}  {:<10}  n\n",
            self.title, "median", "min", "max", "unit"
        );
        self.figures.iter().for_each(|figure| text += &figure.line());
        self.notes
            .iter()
            .for_each(|note| text += &format!("  · {note}\n"));
        text
    }
}
