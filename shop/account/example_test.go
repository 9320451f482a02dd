package account_test

import (
	"context"
	"fmt"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
	"github.com/annals-es/annals/shop/account"
)

// Both accounts take part in one decision. The events are stored on both or on neither.
func ExampleTransfer() {
	ctx := context.Background()
	store, err := personal.NewStore(memstore.New(), memkeys.New()) // the owner's name is encrypted
	if err != nil {
		fmt.Println(err)
	}
	executor := es.NewExecutor(store, es.ExecutorConfig{})
	repository := es.NewRepository(executor, account.Aggregate, es.RepositoryConfig{})
	for _, id := range []string{"ada", "bob"} {
		_, err := repository.Create(ctx, id, es.Command{Meta: es.Meta{Actor: id}}, func() ([]account.Event, error) {
			return account.Open(id, id, "", usd("100"))
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	transfer := func(amount string) error {
		_, err := executor.Execute(ctx, es.Command{}, func(tx *es.Tx) error {
			from, err := repository.Get(tx, "ada")
			if err != nil {
				return err
			}
			to, err := repository.Get(tx, "bob")
			if err != nil {
				return err
			}
			onFrom, onTo, err := account.Transfer(from.State, to.State, usd(amount), "rent")
			from.Record(onFrom...)
			to.Record(onTo...)
			return err
		})
		return err
	}
	fmt.Println(transfer("70"))
	fmt.Println(transfer("70"))
	for _, id := range []string{"ada", "bob"} {
		a, err := repository.Load(ctx, id)
		fmt.Println(id, a.State.Balance, "version", a.Version, err)
	}
	// Output:
	// <nil>
	// insufficient-funds: the balance is 30.00 USD, which does not cover 70.00 USD
	// ada 30.00 USD version 2 <nil>
	// bob 170.00 USD version 2 <nil>
}
