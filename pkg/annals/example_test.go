package annals_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/memstore"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/memview"
)

// A parcel is packed, and shipped with others.
type (
	parcelEvent interface{ isParcelEvent() }
	packed      struct{}
	shipped     struct{ Van string }
	parcel      struct {
		Van string `json:"van,omitempty"`
	}
	pack struct {
		ID annals.ID `json:"id" annals:"id"`
	}
	load struct {
		Van     string      `json:"van" minLength:"1"`
		Parcels []annals.ID `json:"parcels" minItems:"1" maxItems:"100" uniqueItems:"true"`
	}
)

func (packed) isParcelEvent()  {}
func (shipped) isParcelEvent() {}

var parcels = es.Aggregate[parcel, parcelEvent]{
	StreamType: "Parcel",
	Events: es.NewRegistry(
		es.Type[parcelEvent]("ParcelPacked", 1, packed{}), es.Type[parcelEvent]("ParcelShipped", 1, shipped{})),
	Evolve: func(p *parcel, e parcelEvent) {
		if e, is := e.(shipped); is {
			p.Van = e.Van
		}
	},
}

// ship ships all parcels of a load, or none.
func ship(tx *annals.Tx, b load) error {
	for _, id := range b.Parcels {
		p, err := annals.Load(tx, parcels, string(id))
		if err != nil {
			return err
		}
		if p.State.Van != "" {
			return annals.Forbid("shipped-already", "parcel "+string(id)+" is in "+p.State.Van)
		}
		p.Record(shipped{b.Van})
	}
	return nil
}

// shippedIn is the answer: the parcels, as they are now.
func shippedIn(d *annals.Done, b load) (all []*annals.Result[parcel], err error) {
	for _, id := range b.Parcels {
		p, err := annals.ResultOf(d, parcels, string(id))
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// A load names as many parcels as it likes: they are changed together.
func ExampleAtAll() {
	service := annals.New("post",
		annals.Aggregate(parcels),
		annals.Create("POST /parcels", parcels, func(parcel, pack) ([]parcelEvent, error) {
			return []parcelEvent{packed{}}, nil
		}),
		annals.Transact("POST /loads", annals.AtAll(parcels, func(b load) []annals.ID { return b.Parcels }), ship, shippedIn),
	)
	running, err := service.Open(annals.Stores{
		Events: memstore.New(), Catalog: memview.NewCatalog(), Views: func(string) projection.View { return memview.New() },
	}, annals.Config{})
	if err != nil {
		panic(err)
	}
	handler, err := annalshttp.Handler(running, annalshttp.Config{})
	if err != nil {
		panic(err)
	}
	for _, request := range [][2]string{
		{"/parcels", `{"id":"a"}`},
		{"/parcels", `{"id":"b"}`},
		{"/loads", `{"van":"red","parcels":["a","b"]}`},
		{"/loads", `{"van":"blue","parcels":["b"]}`},
	} {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest("POST", request[0], strings.NewReader(request[1])))
		var problem struct{ Detail string }
		_ = json.Unmarshal(answer.Body.Bytes(), &problem) // other answers have no such member
		fmt.Println(answer.Code, answer.Header().Get("Consistency-Token")+problem.Detail)
	}
	// Output:
	// 201 Parcel#a@1
	// 201 Parcel#b@1
	// 200 Parcel#a@2,Parcel#b@2
	// 403 parcel b is in red
}
