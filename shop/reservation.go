package shop

import (
	"context"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/account"
	"github.com/annals-es/annals/shop/email"
)

// openReserving returns the decision that opens an account and reserves its owner's e-mail address, in one transaction.
// An earlier rule may give the address another id. Then the address must be free under that id too: its stream is
// loaded, so that it can't change until the commit.
func openReserving(key *annals.SecretValue) func(*annals.Tx, account.State, OpenAccount) ([]account.Event, error) {
	return func(tx *annals.Tx, _ account.State, b OpenAccount) ([]account.Event, error) {
		id, key := string(b.AccountID), key.In(tx.Running)
		opened, err := account.Open(id, b.OwnerName, string(b.Email), b.InitialDeposit.money())
		if err != nil || b.Email == "" {
			return opened, err
		}
		today, err := email.ID(key, string(b.Email))
		if err != nil {
			return nil, err
		}
		for _, earlier := range email.EarlierIDs(key, string(b.Email)) {
			address, err := annals.LoadOrNew(tx, email.Aggregate, earlier)
			if err != nil {
				return nil, err
			}
			if _, err := address.State.Reserve(id); err != nil { // another account holds it
				return nil, err
			}
		}
		address, err := annals.LoadOrNew(tx, email.Aggregate, today)
		if err != nil {
			return nil, err
		}
		reserved, err := address.State.Reserve(id)
		address.Record(reserved...)
		return opened, err
	}
}

// closeReleasing returns the decision that closes an account and frees its owner's e-mail address, in one transaction.
// The address is from the time when the account was opened. If the current key or rule leads to no reservation, the
// account is closed anyway.
func closeReleasing(key *annals.SecretValue) func(*annals.Tx, account.State, annals.None) ([]account.Event, error) {
	return func(tx *annals.Tx, s account.State, _ annals.None) ([]account.Event, error) {
		closed, err := s.Close()
		if err != nil || s.Email == "" {
			return closed, err
		}
		key := key.In(tx.Running)
		ids := email.EarlierIDs(key, s.Email)
		if today, err := email.ID(key, s.Email); err == nil { // an error means that only an earlier rule accepted it
			ids = append(ids, today)
		}
		for _, id := range ids {
			address, err := annals.LoadOrNew(tx, email.Aggregate, id)
			if err != nil {
				return nil, err
			}
			address.Record(address.State.Release(s.AccountID)...)
		}
		return closed, nil
	}
}

// checkEmailKey returns a check that the key of e-mail addresses is the one recorded in the event table. The first
// start records it. The check takes one read.
//
// Errors: [rule.Violation] with email.WrongKey; those of the store.
func checkEmailKey(key *annals.SecretValue) annals.Start {
	return func(ctx context.Context, r *annals.Running) error {
		if err := chooseEmailKey(ctx, annals.RepositoryOf(r, email.KeyAggregate), key.In(r)); err != nil {
			return fmt.Errorf("check %s: %w", key.Env, err)
		}
		return nil
	}
}

func chooseEmailKey(ctx context.Context, keys *es.Repository[email.KeyState, email.KeyEvent], key []byte) error {
	for {
		known, err := keys.Load(ctx, email.KeyID)
		if err == nil {
			_, err = known.State.Choose(key)
		}
		if !errors.As(err, new(*es.NotFoundError)) {
			return err
		}
		_, err = keys.Create(ctx, email.KeyID, es.Command{}, func() ([]email.KeyEvent, error) {
			return email.KeyState{}.Choose(key)
		})
		if !errors.As(err, new(*es.AlreadyExistsError)) { // on AlreadyExistsError another process has recorded it
			return err
		}
	}
}
