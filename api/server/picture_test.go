package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"rsc.io/qr"

	"github.com/pandal-chat/pandal/api"
)

// An invite's text has about this length.
var someText = "PANDAL1" + strings.Repeat("MZXW6YTBOI", 36)

func drawn(t testing.TB, text string, scale int) *image.Gray {
	t.Helper()
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	side := (code.Size + 8) * scale
	out := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if !code.Black(x/scale-4, y/scale-4) {
				out.Pix[y*side+x] = 255
			}
		}
	}
	return out
}

func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegOf(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// turned turns a picture about its middle on a gray ground.
func turned(img *image.Gray, degrees float64) *image.Gray {
	side := int(float64(img.Rect.Dx()) * 1.5)
	out := image.NewGray(image.Rect(0, 0, side, side))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	for y := range side {
		for x := range side {
			dx, dy := float64(x)-float64(side)/2, float64(y)-float64(side)/2
			p := image.Pt(int(math.Floor(cos*dx-sin*dy))+img.Rect.Dx()/2, int(math.Floor(sin*dx+cos*dy))+img.Rect.Dy()/2)
			out.Pix[y*side+x] = 190
			if p.In(img.Rect) {
				out.Pix[y*side+x] = img.GrayAt(p.X, p.Y).Y
			}
		}
	}
	return out
}

func onto(w, h int, at map[image.Point]*image.Gray) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Rect, image.NewUniform(color.Gray{230}), image.Point{}, draw.Src)
	for p, img := range at {
		draw.Draw(out, img.Rect.Add(p), img, image.Point{}, draw.Src)
	}
	return out
}

// TestReadCodes: what a camera, a screen or a scanner makes of a code is read.
func TestReadCodes(t *testing.T) {
	code := drawn(t, someText, 6)
	inverted := image.NewGray(code.Rect)
	for i, v := range code.Pix {
		inverted.Pix[i] = 255 - v
	}
	noisy, dim := image.NewGray(code.Rect), image.NewGray(code.Rect)
	rng := rand.New(rand.NewPCG(1, 2))
	for i, v := range code.Pix {
		noisy.Pix[i] = byte(min(255, max(0, float64(v)*0.6+50+rng.NormFloat64()*30)))
		dim.Pix[i] = byte(int(v)/3 + 20 + 90*(i%code.Stride)/code.Stride) // lit from one side
	}
	clear := image.NewNRGBA(code.Rect) // black on nothing
	for i, v := range code.Pix {
		if v == 0 {
			clear.Pix[4*i+3] = 255
		}
	}
	photo := onto(4000, 3000, map[image.Point]*image.Gray{{1500, 900}: drawn(t, someText, 16)})
	for name, raw := range map[string][]byte{
		"as drawn":          pngOf(t, code),
		"JPEG":              jpegOf(t, code, 60),
		"small":             pngOf(t, drawn(t, someText, 2)),
		"one point each":    pngOf(t, drawn(t, "PANDAL1SHORT", 1)),
		"in the library":    mustCode(t, someText),
		"turned by 90":      pngOf(t, turned(code, 90)),
		"turned by 17":      jpegOf(t, turned(code, 17), 80),
		"turned by 205":     pngOf(t, turned(code, 205)),
		"noisy":             jpegOf(t, noisy, 70),
		"lit from a side":   pngOf(t, dim),
		"light on dark":     pngOf(t, inverted),
		"transparent":       pngOf(t, clear),
		"in a large photo":  jpegOf(t, photo, 75),
		"in a large turned": jpegOf(t, turned(photo, 30).SubImage(image.Rect(500, 0, 4500, 4000)), 75),
	} {
		texts, fault, err := readCodes(t.Context(), raw)
		want := someText
		if name == "one point each" {
			want = "PANDAL1SHORT"
		}
		if len(texts) != 1 || texts[0] != want || fault != 0 || err != nil {
			t.Errorf("%s: %q, fault %d, %v", name, texts, fault, err)
		}
	}
}

func mustCode(t *testing.T, text string) []byte {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	return code.PNG()
}

// TestTwoCodes: both are read, beside each other and one above the other.
func TestTwoCodes(t *testing.T) {
	a, b := drawn(t, someText, 4), drawn(t, "PANDAL1OTHER"+someText[12:], 4)
	side := a.Rect.Dx()
	for name, img := range map[string]*image.Gray{
		"beside": onto(2*side+60, side+20, map[image.Point]*image.Gray{{10, 10}: a, {side + 40, 10}: b}),
		"above":  onto(side+20, 2*side+60, map[image.Point]*image.Gray{{10, 10}: a, {10, side + 40}: b}),
		"across": onto(2*side+60, 2*side+60, map[image.Point]*image.Gray{{10, 10}: a, {side + 40, side + 40}: b}),
	} {
		texts, _, _ := readCodes(t.Context(), pngOf(t, img))
		slices.Sort(texts)
		if len(texts) != 2 || texts[0] == texts[1] {
			t.Errorf("%s: %q", name, texts)
		}
	}
}

// TestNoCode: what holds no code gives none, and soon.
func TestNoCode(t *testing.T) {
	marks := image.NewGray(image.Rect(0, 0, 1000, 1000)) // nothing but corners of codes
	stripes := image.NewGray(marks.Rect)
	noise := image.NewGray(marks.Rect)
	rng := rand.New(rand.NewPCG(3, 4))
	for i := range marks.Pix {
		x, y := i%1000%27/3, i/1000%27/3
		ring := max(max(x-4, 4-x), max(y-4, 4-y))
		if ring == 2 || ring == 4 {
			marks.Pix[i] = 255
		}
		if i/3%2 == 0 {
			stripes.Pix[i] = 255
		}
		noise.Pix[i] = byte(rng.Uint32())
	}
	half := pngOf(t, drawn(t, someText, 6).SubImage(image.Rect(0, 0, 200, 500)))
	for name, raw := range map[string][]byte{"marks": pngOf(t, marks), "stripes": pngOf(t, stripes), "noise": pngOf(t, noise), "half a code": half,
		"one point": pngOf(t, image.NewGray(image.Rect(0, 0, 1, 1))), "a line": pngOf(t, image.NewGray(image.Rect(0, 0, 8000, 1)))} {
		began := time.Now()
		if texts, fault, err := readCodes(t.Context(), raw); len(texts) > 0 || fault != pictureWithout || err != nil {
			t.Errorf("%s: %q, fault %d, %v", name, texts, fault, err)
		}
		if took := time.Since(began); took > 20*time.Second { // of an hour, without the bound
			t.Errorf("%s took %v", name, took)
		}
	}
}

// header is the beginning of a PNG that says how large it is.
func header(w, h uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	b = binary.BigEndian.AppendUint32(b, w)
	b = binary.BigEndian.AppendUint32(b, h)
	b = append(b, 8, 6, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

// TestHostilePictures: the size is looked at before a point is decoded.
func TestHostilePictures(t *testing.T) {
	whole := pngOf(t, drawn(t, someText, 2))
	for _, v := range []struct {
		name string
		raw  []byte
		want pictureFault
	}{
		{"wide", header(maxPictureSide+1, 1), pictureHuge},
		{"high", header(1, maxPictureSide+1), pictureHuge},
		{"many points", header(4097, 4096), pictureHuge},
		{"as large as may be, and nothing in it", header(4096, 4096), pictureUnreadable},
		{"the most a header can say", header(1<<31-1, 1<<31-1), pictureUnreadable},
		{"nothing", nil, pictureUnreadable},
		{"text", []byte("pandal://join/…"), pictureUnreadable},
		{"GIF", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), pictureUnreadable},
		{"cut off", whole[:len(whole)/2], pictureUnreadable},
	} {
		if texts, fault, _ := readCodes(t.Context(), v.raw); fault != v.want || len(texts) > 0 {
			t.Errorf("%s: fault %d, want %d", v.name, fault, v.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := readCodes(ctx, whole); err == nil {
		t.Error("it goes on though nobody waits")
	}
}

// FuzzReadCodes: no picture makes the search panic, whatever its code says.
func FuzzReadCodes(f *testing.F) {
	f.Add(pngOf(f, drawn(f, "PANDAL1A", 1)))
	f.Add(jpegOf(f, drawn(f, "PANDAL1A", 2), 50))
	f.Add(header(30, 30))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(raw)); err == nil && c.Width*c.Height > 1<<18 {
			return // the bound on time is TestNoCode's
		}
		readCodes(t.Context(), raw)
	})
}

// FuzzCode flips modules of a code, which reaches what reads the bits.
func FuzzCode(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4}, 3)
	f.Add([]byte("\x10\x20"), 40)
	f.Fuzz(func(t *testing.T, flips []byte, n int) {
		img := drawn(t, "pandal"+fmt.Sprint(n), 3)
		for i := 0; i+1 < len(flips); i += 2 {
			x, y := int(flips[i])*3%img.Rect.Dx(), int(flips[i+1])*3%img.Rect.Dy()
			for d := range 9 {
				p := (y+d/3)*img.Stride + x + d%3
				if p < len(img.Pix) {
					img.Pix[p] = 255 - img.Pix[p]
				}
			}
		}
		gray{img.Rect.Dx(), img.Rect.Dy(), img.Pix}.codes(false, false)
	})
}

// TestDecodeInvite: over HTTP the link of a picture comes back, and each refusal says what to do. What is no JSON may be larger than JSON.
func TestDecodeInvite(t *testing.T) {
	_, h, tok := bare(t)
	at := func(path string, raw []byte) *httptest.ResponseRecorder {
		return ask(h, "POST", path, string(raw), "Authorization", "Bearer "+tok, "Content-Type", "image/png")
	}
	send := func(raw []byte) *httptest.ResponseRecorder { return at("/api/v1/invites/decode", raw) }
	for _, v := range []struct {
		name       string
		raw        []byte
		code, says string
	}{
		{"another code", pngOf(t, drawn(t, "https://pandal.example/", 5)), api.CodeInviteUnreadable, "is no invite"},
		{"no code", pngOf(t, image.NewGray(image.Rect(0, 0, 300, 300))), api.CodeInviteUnreadable, "No QR code"},
		{"text", []byte("pandal://join/"), api.CodeInvalid, "neither PNG nor JPEG"},
		{"too many points", header(8192, 8192), api.CodeTooLarge, "points"},
		{"over a MiB and no picture", make([]byte, maxBody+1), api.CodeInvalid, "neither PNG nor JPEG"},
		{"too many bytes", make([]byte, maxPicture+1), api.CodeTooLarge, "8 MiB"},
	} {
		p := wantProblem(t, send(v.raw), v.code)
		if !strings.Contains(p.Detail, v.says) || p.Hint == "" {
			t.Errorf("%s: %+v", v.name, p)
		}
	}
	// Of the frames of a camera most show nothing yet; one that is damaged is as wrong as ever.
	for _, raw := range [][]byte{pngOf(t, drawn(t, "https://pandal.example/", 5)), pngOf(t, image.NewGray(image.Rect(0, 0, 300, 300)))} {
		if w := at("/api/v1/invites/decode?frame=true", raw); w.Code != 200 || !strings.Contains(w.Body.String(), `"link":""`) {
			t.Errorf("a frame without an invite: %d %s", w.Code, w.Body)
		}
	}
	wantProblem(t, at("/api/v1/invites/decode?frame=true", []byte("pandal://join/")), api.CodeInvalid)
	if w := ask(h, "POST", "/api/v1/invites/decode", "x"); w.Code != 401 {
		t.Errorf("without a token: %d", w.Code)
	}
}
