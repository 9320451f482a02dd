package annals_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
	"github.com/annals-es/annals/pkg/es/reaction"
)

// Postman sends messages. The key tells the provider which messages are the same.
type Postman interface {
	Send(ctx context.Context, key, text string) error
}

// provider sends messages by a provider's API.
type provider struct{ url string }

func (p provider) Send(_ context.Context, key, text string) error {
	fmt.Println(p.url, text, "with a key:", key != "")
	return nil
}

func openPostman(_ context.Context, getenv func(string) string) (Postman, error) {
	if getenv("POSTMAN_URL") == "" {
		return nil, errors.New("POSTMAN_URL is missing")
	}
	return provider{getenv("POSTMAN_URL")}, nil
}

// newPost returns a service that tells people when their parcels are on their way.
func newPost() *annals.Service {
	postman := annals.Client("postman", openPostman)
	tell := func(tx *annals.Tx, e projection.Event[parcelEvent]) error {
		text := e.Stream.ID + " is in " + e.Data.(shipped).Van
		return postman.In(tx.Running).Send(tx.Context(), tx.CommandID(), text)
	}
	return annals.New("post", postman, annals.Aggregate(parcels),
		annals.React("tell", parcels, tell, parcelEvent(shipped{})))
}

// The declaration opens nothing. The reactor function opens the client when it starts; this is what it does then.
func ExampleClient() {
	ctx, service, store := context.Background(), newPost(), memstore.New()
	_, err := service.OpenClients(ctx, func(string) string { return "" })
	fmt.Println(err)
	clients, err := service.OpenClients(ctx, func(string) string { return "https://api.example.org" })
	if err != nil {
		panic(err)
	}
	running, err := service.Open(annals.Stores{Events: store}, annals.Config{Clients: clients})
	if err != nil {
		panic(err)
	}
	tell := reaction.New(reaction.Reaction{Name: "tell", Sources: service.Reactions[0].Sources(running)})
	engine := projection.NewEngine(store, memview.NewCatalog(), projection.Config{},
		projection.Subscription{Projection: tell, View: memview.New()})

	_, err = annals.RepositoryOf(running, parcels).Create(ctx, "a", es.Command{}, func() ([]parcelEvent, error) {
		return []parcelEvent{packed{}, shipped{Van: "red"}}, nil
	})
	if err != nil {
		panic(err)
	}
	for commit := range store.Read(ctx, parcels.Stream("a"), es.Range{}) { // on AWS, Lambda delivers it
		engine.Apply(ctx, []es.Commit{commit})
	}
	// Output:
	// open client postman: POSTMAN_URL is missing
	// https://api.example.org a is in red with a key: true
}
