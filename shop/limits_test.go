package shop_test

import (
	"testing"

	"github.com/annals-es/annals/shop/rule"
)

// TestSchemasHaveTheAggregatesLimits: the edge refuses what the aggregates refuse, and accepts what they accept.
func TestSchemasHaveTheAggregatesLimits(t *testing.T) {
	t.Parallel()
	texts := map[string]map[string]rule.Text{
		"OpenAccount":   {"ownerName": rule.OwnerName, "email": {Max: rule.MaxEmail}},
		"DepositMoney":  {"description": rule.Description},
		"WithdrawMoney": {"description": rule.Description},
		"TransferMoney": {"description": rule.Description},
		"ShipOrder":     {"trackingNumber": rule.TrackingNumber},
		"ListProduct":   {"name": rule.ProductName},
		"ShippingAddress": {
			"recipient": rule.AddressLine, "line1": rule.AddressLine, "line2": rule.OptionalLine, "city": rule.AddressLine,
			"region": rule.OptionalLine, "postalCode": rule.PostalCode, "country": rule.AddressLine,
		},
		"CreateOrder": {}, "Item": {}, "ReceivePayment": {}, "ReceiveStock": {}, "ChangePrice": {},
	}
	schemas, ids := documentOf(t).Components.Schemas, map[string]bool{}
	for body, known := range texts {
		for name, got := range schemas[body].Properties {
			if got.Pattern == rule.IDPattern {
				if ids[body+"."+name] = true; *got.MaxLength != rule.MaxID {
					t.Errorf("%s.%s may have %d characters", body, name, *got.MaxLength)
				}
				continue
			}
			if got.Type != "string" {
				continue
			}
			want, known := known[name]
			if !known || got.MaxLength == nil || *got.MaxLength != want.Max || (got.Pattern == `\S`) != want.Needed {
				t.Errorf("%s.%s is %+v at the edge, want %+v", body, name, got, want)
			}
		}
	}
	if len(ids) < 6 {
		t.Errorf("ids: %v, want at least 6", ids)
	}
}
