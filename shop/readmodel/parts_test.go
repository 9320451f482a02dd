package readmodel

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/dynamotest"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/dynamoview"
	"github.com/annals-es/annals/shop/account"
)

// corrected are the events of an account, in a future version in which a stored correction is read as two events.
var corrected = es.NewRegistry(
	es.Type[account.Event]("AccountOpened", 2, account.AccountOpened{}),
	es.Type[account.Event]("MoneyDeposited", 1, account.MoneyDeposited{}),
	es.Type[account.Event]("MoneyWithdrawn", 1, account.MoneyWithdrawn{}),
).Upcast("MoneyCorrected", 1, es.UpcastFunc(func(data json.RawMessage) ([]es.RawEvent, error) {
	return []es.RawEvent{
		{Type: "MoneyWithdrawn", Schema: 1, Data: data}, {Type: "MoneyDeposited", Schema: 1, Data: data},
	}, nil
}, es.StoredType{Name: "MoneyWithdrawn", Schema: 1}, es.StoredType{Name: "MoneyDeposited", Schema: 1}))

// TestStatementOfParts: the statement shows every part of an event that was split, in order, also after a rebuild.
func TestStatementOfParts(t *testing.T) {
	t.Parallel()
	client := dynamotest.Client(t)
	names := map[string]string{
		"accounts":    dynamotest.Table(t, client, dynamoview.IndexedReadTable),
		"projections": dynamotest.Table(t, client, dynamoview.ReadTable),
	}
	store := memstore.New(memstore.Config{})
	future := account.Aggregate
	future.Events = corrected
	models := read(projection.Subscription{Projection: projection.New("accounts", 1, projection.From(future,
		projection.On(accountOpened), projection.On(moneyDeposited), projection.On(moneyWithdrawn),
	), Statement)}, store, client, names, nil)
	engine := projection.NewEngine(store, models.catalog, projection.Config{}, models.subscription)

	amount := `{"amount":{"amount":"1.00","currency":"USD"}}`
	stored, err := store.Append(t.Context(),
		es.Append{Writes: []es.Write{{Head: store.Empty(account.Aggregate.Stream("a")), Events: []es.RawEvent{
			{
				Type:   "AccountOpened",
				Schema: 2,
				Data:   []byte(`{"accountId":"a","firstName":"Ann","initialDeposit":{"amount":"5.00","currency":"USD"}}`),
			},
			{Type: "MoneyCorrected", Schema: 1, Data: []byte(amount)},
			{Type: "MoneyDeposited", Schema: 1, Data: []byte(amount)},
		}}}})
	if err != nil {
		t.Fatal(err)
	}
	if failed := engine.Apply(t.Context(), []es.Commit{stored[0].Commit}); len(failed) > 0 {
		t.Fatal(failed)
	}
	want := []string{"3 MoneyDeposited 6.00", "2 MoneyDeposited 5.00", "2 MoneyWithdrawn 4.00", "1 AccountOpened 5.00"}
	for _, when := range []string{"live", "rebuilt"} {
		var got []string
		for cursor, more := "", true; more; more = cursor != "" {
			session, err := models.OpenAt(t.Context(), "accounts", cursor)
			if err != nil {
				t.Fatal(err)
			}
			page, err := Statement.Page(t.Context(), session, projection.Query{
				Partitions: []string{"Account#a"}, Descending: true, Limit: 2,
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				m := StatementPages.Item(annals.ByID{ID: "a"}, item.Key, item.Row)
				got = append(got, fmt.Sprintf("%d %s %s", m.Version, m.Kind, m.Balance.Amount()))
			}
			cursor = page.Next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: rows (-want +got):\n%s", when, diff)
		}
		if _, _, err := projection.NewRebuilder(engine, store, projection.RebuildConfig{}).Run(t.Context(), "accounts",
			nil); err != nil {
			t.Fatal(err)
		}
	}
}
