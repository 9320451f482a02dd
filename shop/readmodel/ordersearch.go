package readmodel

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/es/projection"
	"github.com/annals-es/annals/pkg/es/projection/searchindex"
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/order"
	"github.com/annals-es/annals/shop/product"
)

// Searchable is a document of [OrderSearch]: an order or, if it has a name, a product.
type Searchable struct {
	// Name is a product's.
	Name string `json:"name,omitempty"`

	Customer  string       `json:"customer,omitempty"`
	Recipient string       `json:"recipient,omitempty"`
	City      string       `json:"city,omitempty"`
	Country   string       `json:"country,omitempty"`
	Products  []string     `json:"products,omitempty"`
	Status    order.Status `json:"status,omitempty"`
	Total     money.Money  `json:"total,omitzero"`
	Placed    time.Time    `json:"placed,omitzero"`
}

// OrderSearch has orders and products as documents in which people search.
var OrderSearch = projection.New("order-search", 1,
	projection.From(product.Aggregate,
		projection.On(func(d *Searchable, e projection.Event[product.ProductListed], _ *projection.Writes) error {
			d.Name = e.Data.Name
			return nil
		}),
	),
	projection.From(order.Aggregate, projection.On(searchableOrder)),
)

// searchableOrder takes each event of an order into its document. With a handler for each type, code that lacks the
// type of shipping addresses would not start.
func searchableOrder(d *Searchable, e projection.Event[order.Event], _ *projection.Writes) error {
	switch data := e.Data.(type) {
	case order.OrderCreated:
		d.Customer, d.Status = data.CustomerID, order.StatusDraft
	case order.ItemAdded:
		if !slices.Contains(d.Products, data.ProductID) {
			d.Products = append(d.Products, data.ProductID)
		}
	case order.ItemRemoved:
		d.Products = slices.DeleteFunc(d.Products, func(id string) bool { return id == data.ProductID })
	case order.ShippingAddressSet:
		d.Recipient, d.City, d.Country = data.Address.Recipient, data.Address.City, data.Address.Country
	case order.OrderPlaced:
		d.Status, d.Placed, d.Total = order.StatusPlaced, e.OccurredAt, data.Total
	case order.OrderShipped:
		d.Status = order.StatusShipped
	case order.OrderDelivered:
		d.Status = order.StatusDelivered
	case order.OrderCancelled:
		d.Status = order.StatusCancelled
	}
	return nil
}

// SearchFields are the fields of [OrderSearch].
var SearchFields = searchindex.Documents[Searchable](
	searchindex.Text("name"), searchindex.Text("customer"), searchindex.Text("recipient"), searchindex.Text("city"),
	searchindex.Text("country"), searchindex.Keyword("products"), searchindex.Keyword("status"), searchindex.Instant("placed"))

// Words is the input of a search.
type Words struct {
	Words string `query:"q" minLength:"1" maxLength:"200" required:"true" doc:"Words of customers' ids, recipients, cities and countries, or of the names of products; all must be found"`
}

// FoundOrder is an order that a search found.
type FoundOrder struct {
	OrderID    string       `json:"orderId"`
	CustomerID string       `json:"customerId"`
	Recipient  string       `json:"recipient,omitempty"`
	City       string       `json:"city,omitempty"`
	Country    string       `json:"country,omitempty"`
	Status     order.Status `json:"status"`
	Total      money.Money  `json:"total,omitzero"`
	PlacedAt   *time.Time   `json:"placedAt,omitempty"`
	Found      []FoundPart  `json:"found" doc:"Where the words were found"`
}

// FoundPart is where words were found.
type FoundPart struct {
	In   string `json:"in" enum:"customerId,recipient,city,country,product"`
	ID   string `json:"id,omitempty" doc:"The product's id"`
	HTML string `json:"html" doc:"The text as HTML, with the words in <em>"`
}

// maxFoundProducts is how many products a search takes into account at most.
const maxFoundProducts = 1000

// searchedFields are the fields of orders with words, by their names in the answer.
var searchedFields = map[string]string{
	"customerId": "doc.customer", "recipient": "doc.recipient", "city": "doc.city", "country": "doc.country",
}

// SearchOrders returns the orders in which all words are found, in the customer and the destination together, or in the
// name of one product. The best come first.
//
// Errors: those of [annals.SearchFor].
func SearchOrders(ctx context.Context, x *annals.SearchIndex, q Words) (annals.Found[FoundOrder], error) {
	products, err := productsNamed(ctx, x, q.Words)
	if err != nil {
		return annals.Found[FoundOrder]{}, err
	}
	type object = map[string]any
	fields := slices.Sorted(maps.Values(searchedFields))
	orders, err := annals.SearchFor[Searchable](ctx, x, annals.SearchRequest{
		Query: object{"bool": object{"minimum_should_match": 1, "should": []object{
			{"multi_match": object{"query": q.Words, "type": "cross_fields", "operator": "and", "fields": fields}},
			{"terms": object{"doc.products": slices.AppendSeq([]string{}, maps.Keys(products))}},
		}}},
		Highlight: fields,
	})
	return annals.FoundOf(orders, func(h annals.SearchHit[Searchable]) FoundOrder {
		d := h.Document
		out := FoundOrder{
			OrderID: h.Stream.ID, CustomerID: d.Customer, Recipient: d.Recipient, City: d.City, Country: d.Country, Status: d.Status,
			Total: d.Total, Found: []FoundPart{},
		}
		if !d.Placed.IsZero() {
			out.PlacedAt = &d.Placed
		}
		for _, name := range slices.Sorted(maps.Keys(searchedFields)) {
			if parts := h.Highlights[searchedFields[name]]; len(parts) > 0 {
				out.Found = append(out.Found, FoundPart{In: name, HTML: strings.Join(parts, " … ")})
			}
		}
		for _, id := range d.Products {
			if html, is := products[id]; is {
				out.Found = append(out.Found, FoundPart{In: "product", ID: id, HTML: html})
			}
		}
		return out
	}), err
}

// productsNamed returns the products in whose names all words are found, with the names as HTML.
func productsNamed(ctx context.Context, x *annals.SearchIndex, words string) (map[string]string, error) {
	type object = map[string]any
	request, err := json.Marshal(object{
		"query": object{"match": object{"doc.name": object{"query": words, "operator": "and"}}},
		"size":  maxFoundProducts, "_source": []string{"annals.stream"},
		"highlight": object{"encoder": "html", "number_of_fragments": 0, "fields": object{"doc.name": object{}}},
	})
	if err != nil {
		return nil, err
	}
	text, err := x.Send(ctx, request)
	if err != nil {
		return nil, err
	}
	var found struct {
		Hits struct {
			Hits []struct {
				Source struct {
					Annals struct{ Stream string }
				} `json:"_source"`
				Highlight map[string][]string
			}
		}
	}
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, err
	}
	named := map[string]string{}
	for _, h := range found.Hits.Hits {
		_, id, _ := strings.Cut(h.Source.Annals.Stream, "#")
		named[id] = strings.Join(h.Highlight["doc.name"], " ")
	}
	return named, nil
}
