package integration_test

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMarkedFieldsAreNotPublic: what is published of an event is the same whatever its fields with personal data hold.
// The publisher gets erased values, so such a field would be wrong outside the service.
func TestMarkedFieldsAreNotPublic(t *testing.T) {
	t.Parallel()
	marked := 0
	for _, registry := range registries {
		for _, typ := range registry.GoTypes() {
			event := reflect.New(typ).Elem()
			for i := range typ.NumField() {
				if _, personal := typ.Field(i).Tag.Lookup("personal"); personal {
					marked++
					fill(t, event.Field(i))
				}
			}
			with, err := mapped(event.Interface())
			if err != nil {
				t.Error(err)
			}
			without, err := mapped(reflect.Zero(typ).Interface())
			if diff := cmp.Diff(without, with); err != nil || diff != "" {
				t.Errorf("%v: its personal data is public, %v (-without +with):\n%s", typ, err, diff)
			}
		}
	}
	if marked != 4 {
		t.Errorf("%d fields are marked, want 4: a name of two fields, an e-mail address and a shipping address", marked)
	}
}

// fill sets every text of a value.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString("Ada Lovelace")
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	default:
		t.Fatalf("a marked field has the type %v: fill it here", v.Type())
	}
}
