package personal_test

import (
	"context"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/personal"
	"github.com/annals-es/annals/pkg/es/personal/memkeys"
)

// registered is about the member who owns the stream.
type registered struct {
	Name string `json:"name" personal:"owner" erased:"\"(removed)\""`
}

// A member is forgotten: the stored events stay as they are, and their personal data can't be read any more.
func Example() {
	ctx, keys := context.Background(), memkeys.New()
	store, err := personal.NewStore(memstore.New(), keys, personal.Config{CacheFor: time.Nanosecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	members := es.Open(store, es.Aggregate[string, registered]{
		StreamType: "Member",
		Events:     es.NewRegistry(es.Type[registered]("MemberRegistered", 1, registered{})),
		Evolve:     func(name *string, e registered) { *name = e.Name },
	})
	ada := es.Command{Meta: es.Meta{Actor: "ada"}}
	_, err = members.Create(ctx, "m-1", ada, func() ([]registered, error) { return []registered{{"Ada Lovelace"}}, nil })
	fmt.Println("registered:", err)
	loaded, err := members.Load(ctx, "m-1")
	fmt.Println("loaded:", loaded.State, err)

	_, err = keys.Forget(ctx, "ada", time.Now())
	fmt.Println("forgotten:", err)
	loaded, err = members.Load(ctx, "m-1")
	fmt.Println("loaded:", loaded.State, err)
	_, err = members.Create(ctx, "m-2", ada, func() ([]registered, error) { return []registered{{"Ada"}}, nil })
	fmt.Println(err)
	// Output:
	// registered: <nil>
	// loaded: Ada Lovelace <nil>
	// forgotten: <nil>
	// loaded: (removed) <nil>
	// append Member#m-2: subject ada was forgotten: nothing personal about it is stored again
}
