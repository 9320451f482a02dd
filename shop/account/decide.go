package account

import (
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/rule"
)

// Open opens an account. The initial deposit may be zero; its currency becomes the account's. The e-mail address may be
// "".
//
// Errors: [rule.Violation] with rule.IDMalformed; rule.TextMissing, rule.TextTooLong or rule.TextMalformed (of the
// name); rule.EmailMalformed, rule.AmountNegative or rule.CurrencyMissing.
func Open(accountID, ownerName, email string, initialDeposit money.Money) ([]Event, error) {
	if err := canOpen(accountID, ownerName, email); err != nil {
		return nil, err
	}
	if err := rule.NotNegative("initial deposit", initialDeposit); err != nil {
		return nil, err
	}
	first, last := splitName(ownerName)
	return []Event{AccountOpened{
		AccountID: accountID, FirstName: first, LastName: last, Email: email, InitialDeposit: initialDeposit,
	}}, nil
}

// Deposit adds an amount. The description may be empty.
//
// Errors: [rule.Violation] with NotOpen, rule.AmountNotPositive, rule.CurrencyMismatch, rule.AmountTooLarge (the
// balance would be), rule.TextTooLong or rule.TextMalformed.
func (s State) Deposit(amount money.Money, description string) ([]Event, error) {
	if err := s.canDeposit(amount); err != nil {
		return nil, err
	}
	if err := rule.Description.Check("description", description); err != nil {
		return nil, err
	}
	return []Event{MoneyDeposited{Amount: amount, Description: description}}, nil
}

// Withdraw takes an amount, which the balance must cover. The description may be empty.
//
// Errors: [rule.Violation] with NotOpen, rule.AmountNotPositive, rule.CurrencyMismatch, rule.AmountTooFine (it has more
// decimals than the balance), InsufficientFunds, rule.TextTooLong or rule.TextMalformed.
func (s State) Withdraw(amount money.Money, description string) ([]Event, error) {
	if err := s.canWithdraw(amount); err != nil {
		return nil, err
	}
	if err := rule.Description.Check("description", description); err != nil {
		return nil, err
	}
	return []Event{MoneyWithdrawn{Amount: amount, Description: description}}, nil
}

// Close closes an account whose balance is zero.
//
// Errors: [rule.Violation] with NotOpen or BalanceNotZero.
func (s State) Close() ([]Event, error) {
	if err := s.mustBeOpen(); err != nil {
		return nil, err
	}
	if s.Balance.Sign() != 0 {
		return nil, BalanceNotZero.Because("the balance must be zero, it is %s", s.Balance)
	}
	return []Event{AccountClosed{}}, nil
}

func (s State) canDeposit(amount money.Money) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	if err := rule.Positive("amount", amount); err != nil {
		return err
	}
	_, err := s.Balance.Add(amount)
	return rule.Arithmetic(err)
}

func (s State) canWithdraw(amount money.Money) error {
	if err := s.mustBeOpen(); err != nil {
		return err
	}
	if err := rule.Positive("amount", amount); err != nil {
		return err
	}
	rest, err := s.Balance.Sub(amount)
	if err != nil {
		return rule.Arithmetic(err)
	}
	if rest.IsNegative() {
		return InsufficientFunds.Because("the balance is %s, which does not cover %s", s.Balance, amount)
	}
	return rule.NotFiner("amount", amount, s.Balance)
}
