// SPDX-License-Identifier: MIT
//! Input: a size from 1 to 1,024. Output: the Mandelbrot set as a text of that many columns and half as many lines, and
//! below it the number of iterations made: floating point, the same on every machine.

use std::io::{self, Read, Write};
use std::process::ExitCode;

const ITERATIONS: u32 = 256;

/// Iterations of z → z² + c until |z| > 2, `ITERATIONS` at most.
fn escape_time(c_re: f64, c_im: f64) -> u32 {
    let (mut re, mut im) = (0.0, 0.0);
    for iteration in 0..ITERATIONS {
        if re * re + im * im > 4.0 {
            return iteration;
        }
        let next = re * re - im * im + c_re;
        im = 2.0 * re * im + c_im;
        re = next;
    }
    ITERATIONS
}

fn main() -> ExitCode {
    let mut input = String::new();
    let read = io::stdin().read_to_string(&mut input).is_ok();
    let size: u32 = match input.trim().parse() {
        Ok(size) if read && (1..=1024).contains(&size) => size,
        _ => {
            eprintln!("{:?} is not a size from 1 to 1024", input.trim());
            return ExitCode::FAILURE;
        }
    };
    let lines = (size + 1) / 2;
    let mut total = 0u64;
    let mut picture = String::new();
    for y in 0..lines {
        for x in 0..size {
            let re = -2.2 + 3.2 * f64::from(x) / f64::from(size);
            let im = -1.2 + 2.4 * f64::from(y) / f64::from(lines);
            let time = escape_time(re, im);
            total += u64::from(time);
            // Nine shades, the set itself the darkest; a large picture would exceed the output's limit.
            if size <= 200 {
                picture.push(b" .-=+*#%@"[(9 * time / (ITERATIONS + 1)) as usize] as char);
            }
        }
        if size <= 200 {
            picture.push('\n');
        }
    }
    write!(io::stdout(), "{picture}{total}\n").expect("the output can be written");
    ExitCode::SUCCESS
}
