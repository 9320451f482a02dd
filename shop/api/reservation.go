package api

import (
	"context"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/email"
)

// open opens an account and reserves its owner's e-mail address, in one transaction. An address that the rule before
// spells otherwise is free only if it is under that spelling, too: its stream is read, and must not change meanwhile.
func (a *api) open(_ context.Context, tx *es.Tx, id string, b *OpenAccount) ([]account.Event, error) {
	opened, err := account.Open(id, b.OwnerName, string(b.Email), b.InitialDeposit.money())
	if err != nil || b.Email == "" {
		return opened, err
	}
	today, err := email.ID(a.cfg.EmailKey, string(b.Email))
	if err != nil {
		return nil, err
	}
	for _, earlier := range email.EarlierIDs(a.cfg.EmailKey, string(b.Email)) {
		address, err := a.aggregates.Emails.GetOrNew(tx, earlier)
		if err != nil {
			return nil, err
		}
		if _, err := address.State.Reserve(id); err != nil { // another account has it
			return nil, err
		}
	}
	address, err := a.aggregates.Emails.GetOrNew(tx, today)
	if err != nil {
		return nil, err
	}
	reserved, err := address.State.Reserve(id)
	address.Record(reserved...)
	return opened, err
}

// closeAccount closes an account and frees its owner's e-mail address, in one transaction. The address is the one of
// the day on which the account was opened: if today's key or rule leads to no reservation, the account is closed
// nevertheless.
func (a *api) closeAccount(tx *es.Tx, s account.State) ([]account.Event, error) {
	closed, err := s.Close()
	if err != nil || s.Email == "" {
		return closed, err
	}
	ids := email.EarlierIDs(a.cfg.EmailKey, s.Email)
	if today, err := email.ID(a.cfg.EmailKey, s.Email); err == nil { // else it was an address by an earlier rule alone
		ids = append(ids, today)
	}
	for _, id := range ids {
		address, err := a.aggregates.Emails.GetOrNew(tx, id)
		if err != nil {
			return nil, err
		}
		address.Record(address.State.Release(s.AccountID)...)
	}
	return closed, nil
}
