package viewkit

import (
	"encoding/json"
	"strings"

	"github.com/annals-es/annals/pkg/es/projection"
)

// maxReason is how much of the reason for parking is stored, as JSON, in bytes.
const maxReason = 6 << 10

// ReasonText is the reason for parking a stream as JSON, with as much of the error as fits.
func ReasonText(p projection.Parked) (string, error) {
	for {
		why, err := json.Marshal(p)
		if err != nil || len(why) <= maxReason {
			return string(why), err
		}
		p.Error = strings.ToValidUTF8(p.Error[:min(len(p.Error), maxReason)*2/3], "") + "…"
	}
}
