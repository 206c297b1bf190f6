//! Decides on another line for each operation. For tests of which lines are reached: a comment at the end of each line
//! that has code names the operations that reach it.

use portcullis_plugin::{Authorization, Host, Opinion};

struct Guest;

#[rustfmt::skip]
impl Authorization for Guest {
    fn evaluate(host: &impl Host) -> Opinion { // all
        let operation = host.operation(); // all
        if operation == "SecretGet" { // all
            return Opinion::allow("get"); // SecretGet
        }
        if operation == "SecretDelete" { // SecretSet SecretDelete SecretBackup
            gives_up(&operation); // SecretDelete
        }
        let mut vowels = 0; // SecretSet SecretBackup
        for letter in operation.chars() { // SecretSet SecretBackup
            if matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u') { // SecretSet SecretBackup
                vowels += 1; // SecretSet SecretBackup
            } else if letter == 'B' { // SecretSet SecretBackup
                vowels += 10; // SecretBackup
            }
        }
        match vowels { // SecretSet SecretBackup
            3 => Opinion::deny("three", "it has three vowels"), // SecretSet
            _ => many(vowels), // SecretBackup
        }
    } // SecretGet SecretSet SecretBackup
}

#[rustfmt::skip]
fn gives_up(operation: &str) -> ! { // SecretDelete
    panic!("nobody shall do {operation}") // SecretDelete
}

#[rustfmt::skip]
fn many(vowels: u32) -> Opinion {
    if vowels > 100 { // SecretBackup
        return Opinion::abstain("it has very many vowels"); // none
    }
    Opinion::abstain("it has many vowels") // SecretBackup
} // SecretBackup

portcullis_plugin::export_authorization!(Guest); // all
