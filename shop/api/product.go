package api

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/shop/aggregates"
	"github.com/annals-es/annals/shop/api/routes"
	"github.com/annals-es/annals/shop/product"
)

// ListProduct is the body of POST /products.
type ListProduct struct {
	ProductID httpapi.ID `json:"productId"`
	Name      string     `json:"name" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	UnitPrice Money      `json:"unitPrice" doc:"May be zero; its currency is the product's"`
}

// ReceiveStock is the body of POST /products/{id}/stock.
type ReceiveStock struct {
	Quantity int `json:"quantity" doc:"In units"`
}

// TransformSchema implements [huma.SchemaTransformer].
func (ReceiveStock) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return documentQuantity(s)
}

// ChangePrice is the body of POST /products/{id}/price.
type ChangePrice struct {
	UnitPrice Money `json:"unitPrice"`
}

func (a *api) productCommands(repo *aggregates.Products) {
	httpapi.Create(a.API, routes.ListProduct, repo, func(b *ListProduct) httpapi.ID { return b.ProductID },
		func(id string, b *ListProduct) ([]product.Event, error) {
			return product.List(id, b.Name, b.UnitPrice.money())
		})
	httpapi.Change(a.API, routes.ReceiveStock, repo, func(s product.State, b ReceiveStock) ([]product.Event, error) {
		return s.ReceiveStock(b.Quantity)
	})
	httpapi.Change(a.API, routes.ChangePrice, repo, func(s product.State, b ChangePrice) ([]product.Event, error) {
		return s.ChangePrice(b.UnitPrice.money())
	})
}
