package annalslambda

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"sync"
)

// codeVersion identifies the code of this process by a digest of its executable. The same build has the same digest. It
// is "" if the executable can't be read.
var codeVersion = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
})
