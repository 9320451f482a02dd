package product

import (
	"github.com/annals-es/annals/shop/money"
	"github.com/annals-es/annals/shop/rule"
)

// The rules of a product, besides those of package rule.
const (
	NotListed         rule.Code = "product-not-listed"
	InsufficientStock rule.Code = "insufficient-stock"
)

// Codes are the rules above.
var Codes = []rule.Code{NotListed, InsufficientStock}

// List lists a product. The price may be zero; its currency becomes the product's.
//
// Errors: [rule.Violation] with rule.IDMalformed; rule.TextMissing, rule.TextTooLong or rule.TextMalformed (of the
// name); rule.AmountNegative or rule.CurrencyMissing.
func List(productID, name string, unitPrice money.Money) ([]Event, error) {
	if err := rule.ID("product id", productID); err != nil {
		return nil, err
	}
	if err := rule.ProductName.Check("product's name", name); err != nil {
		return nil, err
	}
	if err := rule.NotNegative("unit price", unitPrice); err != nil {
		return nil, err
	}
	return []Event{ProductListed{ProductID: productID, Name: name, UnitPrice: unitPrice}}, nil
}

// ReceiveStock adds units.
//
// Errors: [rule.Violation] with NotListed, rule.QuantityNotPositive or rule.QuantityTooLarge (also of all units
// received in total).
func (s State) ReceiveStock(quantity int) ([]Event, error) {
	if err := s.mustBeListed(); err != nil {
		return nil, err
	}
	if err := rule.Quantity(quantity); err != nil {
		return nil, err
	}
	if err := rule.Together(s.Received, quantity); err != nil {
		return nil, err
	}
	return []Event{StockReceived{Quantity: quantity}}, nil
}

// ChangePrice sets another price, in the same currency.
//
// Errors: [rule.Violation] with NotListed, rule.AmountNegative, rule.CurrencyMissing or rule.CurrencyMismatch.
func (s State) ChangePrice(unitPrice money.Money) ([]Event, error) {
	if err := s.mustBeListed(); err != nil {
		return nil, err
	}
	if err := rule.NotNegative("unit price", unitPrice); err != nil {
		return nil, err
	}
	if _, err := s.UnitPrice.Cmp(unitPrice); err != nil {
		return nil, rule.Arithmetic(err)
	}
	return []Event{PriceChanged{UnitPrice: unitPrice}}, nil
}

func (s State) mustBeListed() error {
	if s.ProductID == "" {
		return NotListed.Because("the product was never listed")
	}
	return nil
}
