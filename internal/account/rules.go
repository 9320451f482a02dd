package account

import "github.com/annals-es/annals/internal/rule"

// The rules of an account, besides those of package rule.
const (
	NotOpen           rule.Code = "account-not-open"
	InsufficientFunds rule.Code = "insufficient-funds"
	BalanceNotZero    rule.Code = "balance-not-zero"
	SameAccount       rule.Code = "same-account"
)

// Codes are the rules above.
var Codes = []rule.Code{NotOpen, InsufficientFunds, BalanceNotZero, SameAccount}

func (s State) mustBeOpen() error {
	switch s.Status {
	case StatusOpen:
		return nil
	case StatusClosed:
		return NotOpen.Because("account %s is closed", s.AccountID)
	default:
		return NotOpen.Because("the account was never opened")
	}
}
