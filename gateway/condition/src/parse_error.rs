//! What is wrong with a condition, and where.

/// Says why a text is no condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the condition cannot be understood at character {}: {wrong}", .at + 1)]
pub struct ConditionError {
    /// The byte at which it went wrong, from zero.
    pub(crate) at: usize,
    pub(crate) wrong: Wrong,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("it is longer than {} bytes", crate::MAX_BYTES)]
    TooLong,
    #[error("it is nested deeper than {} levels", crate::parse::MAX_DEPTH)]
    TooDeep,
    #[error("a character that conditions do not have")]
    Character,
    #[error("a text that is not closed by `'`")]
    OpenText,
    #[error("an attribute that is not closed by `]`")]
    OpenAttribute,
    #[error("{0} is expected")]
    Expected(&'static str),
    #[error("something after the end of the condition")]
    Trailing,
    #[error("AND and OR side by side; parentheses must say which belongs together")]
    Mixed,
    #[error(
        "an attribute that is not known; known are vault and object names, role assignments' RoleDefinitionId, PrincipalId and PrincipalType, the principal's oid and appid, and the environment's UtcNow and Microsoft.Network/virtualNetworks/subnets"
    )]
    Attribute,
    #[error("an operator that is not known")]
    Operator,
    #[error("sub-operations, which no operation here has")]
    SubOperation,
    #[error("an operator that does not go with the attribute")]
    OperatorOfAttribute,
    #[error("a value that does not go with the operator")]
    Value,
    #[error("a set without a quantifier such as `ForAnyOfAnyValues:`")]
    SetWithoutQuantifier,
    #[error("an attribute on the right side; it must stand on the left of its operator")]
    AttributeOnTheRight,
}
