package annalshttp

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/annals-es/annals/pkg/annals/refusal"
)

func TestAwaits(t *testing.T) {
	t.Parallel()
	var eleven []string
	for i := range 11 {
		eleven = append(eleven, fmt.Sprintf("Order#%d@1", i))
	}
	long := strings.Repeat("x", refusal.MaxID+1)
	for _, test := range []struct {
		name     string
		in       awaiting
		want     string // the streams, or the field that is malformed
		says     string // what is wrong with it
		wait     time.Duration
		followed string
	}{
		{name: "nothing", wait: defaultWait},
		{name: "nothing to prefer a wait for", in: awaiting{Prefer: "wait=5"}, wait: defaultWait},
		{name: "header", in: awaiting{Token: "Account#a@3"}, want: "[Account#a@3]", wait: defaultWait},
		{name: "query", in: awaiting{After: "Account#a@3"}, want: "[Account#a@3]", wait: defaultWait},
		{
			name: "both the same",
			in:   awaiting{Token: "Order#b@1, Account#a@3", After: "Account#a@3,Order#b@1"},
			want: "[Account#a@3 Order#b@1]",
			wait: defaultWait,
		},
		{
			name: "a stream twice",
			in:   awaiting{Token: "Account#a@3,Order#b@1,Account#a@12,Account#a@2"},
			want: "[Account#a@12 Order#b@1]",
			wait: defaultWait,
		},
		{name: "an unknown type", in: awaiting{Token: "Cat#a@3"}, want: "[Cat#a@3]", wait: defaultWait},
		{
			name: "ten streams",
			in:   awaiting{Token: token(strings.Join(eleven[:10], ","))},
			want: fmt.Sprint(eleven[:10]),
			wait: defaultWait,
		},
		{name: "no wait", in: awaiting{Token: "Account#a@3", Prefer: "wait=0"}, want: "[Account#a@3]", followed: "wait=0"},
		{
			name:     "a long wait",
			in:       awaiting{Token: "Account#a@3", Prefer: "wait=3"},
			want:     "[Account#a@3]",
			wait:     3 * time.Second,
			followed: "wait=3",
		},
		{
			name:     "the longest wait",
			in:       awaiting{Token: "Account#a@3", Prefer: "wait=99"},
			want:     "[Account#a@3]",
			wait:     10 * time.Second,
			followed: "wait=10",
		},
		{
			name:     "a wait among others",
			in:       awaiting{After: "Account#a@3", Prefer: `respond-async, Wait = "4"; x=1, wait=5`},
			want:     "[Account#a@3]",
			wait:     4 * time.Second,
			followed: "wait=4",
		},
		{name: "a wait of x", in: awaiting{Token: "Account#a@3", Prefer: "wait=x"}, want: "[Account#a@3]", wait: defaultWait},
		{
			name: "a wait before now",
			in:   awaiting{Token: "Account#a@3", Prefer: "wait=-1"},
			want: "[Account#a@3]",
			wait: defaultWait,
		},
		{
			name: "a preference of another kind",
			in:   awaiting{Token: "Account#a@3", Prefer: "waiting=1"},
			want: "[Account#a@3]",
			wait: defaultWait,
		},

		{
			name: "eleven streams",
			in:   awaiting{Token: token(strings.Join(eleven, ","))},
			want: "header.Consistency-Token",
			says: "10 streams",
		},
		{
			name: "different",
			in:   awaiting{Token: "Account#a@3", After: "Account#a@4"},
			want: "query.after",
			says: "one of them",
		},
		{name: "no version", in: awaiting{Token: "Account#a"}, want: "header.Consistency-Token", says: "Type#id@version"},
		{name: "version 0", in: awaiting{After: "Account#a@0"}, want: "query.after", says: "Type#id@version"},
		{name: "no type", in: awaiting{Token: "a@1"}, want: "header.Consistency-Token", says: "Type#id@version"},
		{
			name: "an empty part",
			in:   awaiting{Token: "Account#a@3,"},
			want: "header.Consistency-Token",
			says: "Type#id@version",
		},
		{
			name: "a long id",
			in:   awaiting{Token: token("Account#" + long + "@3")},
			want: "header.Consistency-Token",
			says: "Type#id@version",
		},
		{
			name: "a long type",
			in:   awaiting{Token: token(long + "#a@3")},
			want: "header.Consistency-Token",
			says: "Type#id@version",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := test.in.awaits()
			var refused *Problem
			if test.says != "" {
				if !errors.As(err, &refused) || refused.Errors[0].Field != test.want ||
					!strings.Contains(refused.Errors[0].Detail, test.says) {
					t.Errorf("parsed as %+v, refused with %+v, want %s: %s", got, refused, test.want, test.says)
				}
				return
			}
			streams := fmt.Sprint(got.streams)
			if len(got.streams) == 0 {
				streams = ""
			}
			if err != nil || streams != test.want || got.wait != test.wait || got.applied != test.followed {
				t.Errorf("parsed as %+v, %v, want the streams %s", got, err, test.want)
			}
		})
	}
}
