package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/shop/aggregates"
	"github.com/annals-es/annals/shop/api/routes"
	"github.com/annals-es/annals/shop/order"
)

// CreateOrder is the body of POST /orders.
type CreateOrder struct {
	OrderID    httpapi.ID `json:"orderId,omitempty" doc:"Made where it is absent"`
	CustomerID httpapi.ID `json:"customerId" doc:"Whom the order is for: customers order for themselves, operators for anybody"`
	Items      []Item     `json:"items,omitempty"`
}

// Permit implements [httpapi.Personal].
func (b *CreateOrder) Permit(ctx context.Context, a *httpapi.API) error {
	return forOneself(ctx, a, b.CustomerID)
}

// Item is a number of units of a listed product.
type Item struct {
	ProductID httpapi.ID `json:"productId" doc:"A listed product"`
	Quantity  int        `json:"quantity" doc:"In units"`
	UnitPrice *Money     `json:"unitPrice,omitempty" doc:"The product's current price where it is absent. Operators may set another, zero too"`
}

// TransformSchema implements [huma.SchemaTransformer].
func (Item) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema { return documentQuantity(s) }

func (i Item) wanted() order.Wanted {
	w := order.Wanted{ProductID: string(i.ProductID), Quantity: i.Quantity}
	if i.UnitPrice != nil {
		price := i.UnitPrice.money()
		w.UnitPrice = &price
	}
	return w
}

// ShippingAddress is the body of PUT /orders/{id}/shipping-address: where an order goes, in free text.
type ShippingAddress struct {
	Recipient  string `json:"recipient" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	Line1      string `json:"line1" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	Line2      string `json:"line2,omitempty" maxLength:"200"`
	City       string `json:"city" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	Region     string `json:"region,omitempty" maxLength:"200"`
	PostalCode string `json:"postalCode,omitempty" maxLength:"40" doc:"Not all places have one"`
	Country    string `json:"country" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
}

// ReceivePayment is the body of POST /orders/{id}/payments.
type ReceivePayment struct {
	PaymentID httpapi.ID `json:"paymentId" doc:"Unique within the order"`
	Amount    Money      `json:"amount"`
}

// ShipOrder is the body of POST /orders/{id}/shipments.
type ShipOrder struct {
	TrackingNumber string `json:"trackingNumber" minLength:"1" maxLength:"100" pattern:"\\S" patternDescription:"more than spaces"`
}

func (a *api) orderCommands(repo *aggregates.Orders) {
	httpapi.CreateWith(a.API, routes.CreateOrder, repo, func(b *CreateOrder) httpapi.ID { return b.OrderID }, a.createOrder)
	httpapi.ChangeWith(a.API, routes.AddItem, repo, func(ctx context.Context, s order.State, b Item) ([]order.Event, error) {
		items, err := a.priced(ctx, b)
		if err != nil {
			return nil, err
		}
		return s.AddItem(items[0])
	})
	removeItem(a, repo)
	httpapi.Change(a.API, routes.SetShippingAddress, repo, func(s order.State, b ShippingAddress) ([]order.Event, error) {
		return s.SetShippingAddress(order.Address(b))
	})
	httpapi.Act(a.API, routes.PlaceOrder, repo, order.State.Place)
	httpapi.Act(a.API, routes.CancelOrder, repo, order.State.Cancel)
	httpapi.Change(a.API, routes.ReceivePayment, repo, func(s order.State, b ReceivePayment) ([]order.Event, error) {
		return s.ReceivePayment(string(b.PaymentID), b.Amount.money())
	})
	httpapi.Change(a.API, routes.ShipOrder, repo, func(s order.State, b ShipOrder) ([]order.Event, error) { return s.Ship(b.TrackingNumber) })
	httpapi.Act(a.API, routes.DeliverOrder, repo, order.State.Deliver)
}

func (a *api) createOrder(ctx context.Context, _ *es.Tx, id string, b *CreateOrder) ([]order.Event, error) {
	if err := order.FitCreation(len(b.Items)); err != nil { // before a price is looked up for each
		return nil, err
	}
	items, err := a.priced(ctx, b.Items...)
	if err != nil {
		return nil, err
	}
	return order.Create(id, string(b.CustomerID), items)
}

// removing is the input of DELETE /orders/{id}/items/{productId}.
type removing struct {
	httpapi.Asked
	httpapi.Conditional
	ID        httpapi.ID `path:"id"`
	ProductID httpapi.ID `path:"productId"`
}

func removeItem(a *api, repo *aggregates.Orders) {
	httpapi.Serve(a.API, routes.RemoveItem, http.StatusOK, func(ctx context.Context, in *removing) (*httpapi.Answer[order.State], error) {
		r := httpapi.Request{Route: routes.RemoveItem, Target: []string{string(in.ID), string(in.ProductID)}}
		return httpapi.Execute(ctx, a.API, repo, in.Asked, in.Conditional, r, func(_ *es.Tx, s order.State) ([]order.Event, error) {
			return s.RemoveItem(string(in.ProductID))
		})
	})
}
