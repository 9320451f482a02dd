package account

import "github.com/annals-es/annals/shop/rule"

// The rules of an account, besides those of package rule.
const (
	NotOpen           rule.Code = "account-not-open"
	InsufficientFunds rule.Code = "insufficient-funds"
	BalanceNotZero    rule.Code = "balance-not-zero"
	SameAccount       rule.Code = "same-account"
)

// Codes are the rules above.
var Codes = []rule.Code{NotOpen, InsufficientFunds, BalanceNotZero, SameAccount}

// canOpen refuses an id, a name or an e-mail address that an account can't have.
func canOpen(accountID, ownerName, email string) error {
	if err := rule.ID("account id", accountID); err != nil {
		return err
	}
	if err := rule.OwnerName.Check("owner's name", ownerName); err != nil {
		return err
	}
	if email == "" {
		return nil
	}
	return rule.Email(email)
}

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
