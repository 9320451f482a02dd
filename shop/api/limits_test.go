package api

import (
	"reflect"
	"testing"

	"github.com/annals-es/annals/shop/rule"
)

// TestSchemasHaveTheAggregatesLimits: the edge refuses what the aggregates would, and takes all that they take.
func TestSchemasHaveTheAggregatesLimits(t *testing.T) {
	t.Parallel()
	texts := map[reflect.Type]map[string]rule.Text{
		reflect.TypeFor[OpenAccount]():   {"ownerName": rule.OwnerName, "email": {Max: rule.MaxEmail}},
		reflect.TypeFor[DepositMoney]():  {"description": rule.Description},
		reflect.TypeFor[WithdrawMoney](): {"description": rule.Description},
		reflect.TypeFor[TransferMoney](): {"description": rule.Description},
		reflect.TypeFor[ShipOrder]():     {"trackingNumber": rule.TrackingNumber},
		reflect.TypeFor[ListProduct]():   {"name": rule.ProductName},
		reflect.TypeFor[ShippingAddress](): {
			"recipient": rule.AddressLine, "line1": rule.AddressLine, "line2": rule.OptionalLine, "city": rule.AddressLine,
			"region": rule.OptionalLine, "postalCode": rule.PostalCode, "country": rule.AddressLine,
		},
	}
	ids := map[string]bool{}
	for _, b := range bodies() {
		for name, got := range b.schema.Properties {
			if got.Pattern == rule.IDPattern {
				if ids[b.typ.Name()+"."+name] = true; *got.MaxLength != rule.MaxID {
					t.Errorf("%s.%s may have %d characters", b.typ.Name(), name, *got.MaxLength)
				}
				continue
			}
			if got.Type != "string" {
				continue
			}
			want, known := texts[b.typ][name]
			if !known || got.MaxLength == nil || *got.MaxLength != want.Max || (got.Pattern == `\S`) != want.Needed {
				t.Errorf("%s.%s is %+v at the edge, want %+v", b.typ.Name(), name, got, want)
			}
		}
	}
	if len(ids) < 6 {
		t.Errorf("ids are %v", ids)
	}
}
