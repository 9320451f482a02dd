package account

import (
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/rule"
)

// Transfer moves an amount from one account to another. It returns the events of each. Either both or none must be
// stored. The description may be empty.
//
// Errors: [rule.Violation] with SameAccount, and those of Withdraw and Deposit.
func Transfer(from, to State, amount money.Money, description string) (onFrom, onTo []Event, err error) {
	if err := DistinctAccounts(from.AccountID, to.AccountID); err != nil {
		return nil, nil, err
	}
	if err := from.canWithdraw(amount); err != nil {
		return nil, nil, err
	}
	if err := to.canDeposit(amount); err != nil {
		return nil, nil, err
	}
	if err := rule.Description.Check("description", description); err != nil {
		return nil, nil, err
	}
	onFrom = []Event{MoneyWithdrawn{Amount: amount, Description: description, ToAccountID: to.AccountID}}
	onTo = []Event{MoneyDeposited{Amount: amount, Description: description, FromAccountID: from.AccountID}}
	return onFrom, onTo, nil
}

// DistinctAccounts refuses a transfer from an account to itself. Transfer checks it too. It is for callers that can't
// load the same account twice.
//
// Errors: [rule.Violation] with SameAccount.
func DistinctAccounts(fromAccountID, toAccountID string) error {
	if fromAccountID == toAccountID {
		return SameAccount.Because("a transfer needs two accounts, both are %s", fromAccountID)
	}
	return nil
}
