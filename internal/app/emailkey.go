package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/email"
)

// CheckEmailKey compares the key of e-mail addresses with the one that the event table remembers, which the first start
// stores. It comes before the first command, and takes one read. It needs CommandTables.
//
// Errors: [rule.Violation] with email.WrongKey, with which the process must not go on; those of the store.
func (s Service) CheckEmailKey(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	all, err := s.aggregates(0)
	if err != nil {
		return err
	}
	if err := chooseEmailKey(ctx, all.EmailKeys, []byte(s.EmailKey)); err != nil {
		return fmt.Errorf("check %s: %w", email.KeyEnv, err)
	}
	return nil
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
		if !errors.As(err, new(*es.AlreadyExistsError)) { // else another process was first
			return err
		}
	}
}
