package shop

import (
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/shop/product"
)

// ListProduct is the body of POST /products.
type ListProduct struct {
	ProductID annals.ID `json:"productId" annals:"id"`
	Name      string    `json:"name" minLength:"1" maxLength:"200" pattern:"\\S" patternDescription:"more than spaces"`
	UnitPrice Money     `json:"unitPrice" doc:"May be zero; its currency is the product's"`
}

// ReceiveStock is the body of POST /products/{id}/stock.
type ReceiveStock struct {
	Quantity int `json:"quantity" doc:"In units"`
}

// DocumentedProperties implements [annals.Documented].
func (ReceiveStock) DocumentedProperties() map[string]map[string]any { return quantityBounds() }

// ChangePrice is the body of POST /products/{id}/price.
type ChangePrice struct {
	UnitPrice Money `json:"unitPrice"`
}

func listProduct(_ product.State, b ListProduct) ([]product.Event, error) {
	return product.List(string(b.ProductID), b.Name, b.UnitPrice.money())
}

func receiveStock(s product.State, b ReceiveStock) ([]product.Event, error) {
	return s.ReceiveStock(b.Quantity)
}

func changePrice(s product.State, b ChangePrice) ([]product.Event, error) {
	return s.ChangePrice(b.UnitPrice.money())
}
