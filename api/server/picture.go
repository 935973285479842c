package server

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	_ "image/jpeg"
	_ "image/png"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/detector"
)

// What a picture may be. All of it is checked before a point is decoded.
const (
	maxPicture       = 8 << 20  // bytes
	maxPictureSide   = 8192     // points
	maxPicturePoints = 16 << 20 // in all; a decoder takes up to 16 bytes for each
)

// pictureFault says why no text was read from a picture.
type pictureFault int

const (
	pictureUnreadable pictureFault = iota + 1 // neither PNG nor JPEG, or damaged
	pictureHuge                               // more points than we decode
	pictureWithout                            // no QR code that could be read
)

// gray is a picture of one byte a point, 0 being black.
type gray struct {
	w, h int
	pix  []byte
}

// readCodes reads the texts of the QR codes of a PNG or JPEG, at most four. It looks several times, larger and smaller, dark on light and light on
// dark, as terminals draw them, and stops at the first look that reads something. Only an end of ctx is an error.
func readCodes(ctx context.Context, raw []byte) ([]string, pictureFault, error) {
	c, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	switch {
	case err != nil || kind != "png" && kind != "jpeg" || c.Width <= 0 || c.Height <= 0:
		return nil, pictureUnreadable, nil
	case c.Width > maxPictureSide || c.Height > maxPictureSide || c.Width*c.Height > maxPicturePoints:
		return nil, pictureHuge, nil
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, pictureUnreadable, nil
	}
	for _, g := range looks(img) {
		for _, light := range []bool{false, true} {
			for _, hybrid := range []bool{true, false} {
				if ctx.Err() != nil {
					return nil, 0, ctx.Err()
				}
				if texts := g.codes(light, hybrid); len(texts) > 0 {
					return texts, 0, nil
				}
			}
		}
	}
	return nil, pictureWithout, nil
}

// looks are the sizes in which a picture is searched, the most promising first. After the whole come its halves: two codes side by side are taken
// for one by the search.
func looks(img image.Image) []gray {
	b := img.Bounds()
	full := shrink(img, fold(max(b.Dx(), b.Dy()), 2048)) // once: points of a large picture take their time
	side := max(full.w, full.h)
	whole := shrink(full.image(), fold(side, 1024))
	out := []gray{whole}
	if side > 1024 {
		out = append(out, full)
	}
	if side > 512 {
		out = append(out, shrink(full.image(), fold(side, 512)))
	}
	if side <= 600 {
		out = append(out, whole.grow(3))
	}
	for _, r := range []image.Rectangle{{Max: image.Pt(whole.w/2, whole.h)}, {Min: image.Pt(whole.w/2, 0), Max: image.Pt(whole.w, whole.h)},
		{Max: image.Pt(whole.w, whole.h/2)}, {Min: image.Pt(0, whole.h/2), Max: image.Pt(whole.w, whole.h)}} {
		out = append(out, whole.part(r))
	}
	return out
}

// fold is how many points of a side become one so that at most want are left.
func fold(side, want int) int { return (side + want - 1) / want }

func (g gray) image() image.Image {
	return &image.Gray{Pix: g.pix, Stride: g.w, Rect: image.Rect(0, 0, g.w, g.h)}
}

// shrink makes one point of each f × f, on white where the picture is transparent.
func shrink(img image.Image, f int) gray {
	b := img.Bounds()
	g := gray{w: (b.Dx() + f - 1) / f, h: (b.Dy() + f - 1) / f}
	g.pix = make([]byte, g.w*g.h)
	at := lightness(img)
	sum, n := make([]int, g.w), make([]int, g.w)
	for y := range g.h {
		clear(sum)
		clear(n)
		for py := b.Min.Y + y*f; py < min(b.Min.Y+(y+1)*f, b.Max.Y); py++ {
			for px := b.Min.X; px < b.Max.X; px++ {
				x := (px - b.Min.X) / f
				sum[x] += at(px, py)
				n[x]++
			}
		}
		for x := range g.w {
			g.pix[y*g.w+x] = byte(sum[x] / n[x])
		}
	}
	return g
}

func lightness(img image.Image) func(x, y int) int {
	switch m := img.(type) {
	case *image.YCbCr:
		return func(x, y int) int { return int(m.Y[m.YOffset(x, y)]) }
	case *image.Gray:
		return func(x, y int) int { return int(m.Pix[m.PixOffset(x, y)]) }
	case *image.Paletted:
		var of [256]int
		for i := range m.Palette {
			of[i] = lightnessOf(m.Palette[i])
		}
		return func(x, y int) int { return of[m.Pix[m.PixOffset(x, y)]] }
	}
	if m, ok := img.(image.RGBA64Image); ok {
		return func(x, y int) int { return lightnessOf(m.RGBA64At(x, y)) }
	}
	return func(x, y int) int { return lightnessOf(img.At(x, y)) }
}

func lightnessOf[C color.Color](c C) int {
	r, g, b, a := c.RGBA()
	return int((299*r+587*g+114*b)/1000+0xffff-a) >> 8
}

func (g gray) grow(f int) gray {
	out := gray{g.w * f, g.h * f, make([]byte, g.w*f*g.h*f)}
	for y := range out.h {
		for x := range out.w {
			out.pix[y*out.w+x] = g.pix[y/f*g.w+x/f]
		}
	}
	return out
}

func (g gray) part(r image.Rectangle) gray {
	out := gray{w: r.Dx(), h: r.Dy()}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		out.pix = append(out.pix, g.pix[y*g.w+r.Min.X:y*g.w+r.Max.X]...)
	}
	return out
}

// codes searches once. What was read is painted over and the rest searched again.
func (g gray) codes(light, hybrid bool) (texts []string) {
	if g.w < 20 || g.h < 20 {
		return nil
	}
	g.pix = slices.Clone(g.pix)
	if light {
		for i := range g.pix {
			g.pix[i] = 255 - g.pix[i]
		}
	}
	for len(texts) < 4 {
		text, where := g.code(hybrid)
		if text == "" {
			break
		}
		texts = append(texts, text)
		where = where.Intersect(image.Rect(0, 0, g.w, g.h))
		for y := where.Min.Y; y < where.Max.Y; y++ {
			for x := where.Min.X; x < where.Max.X; x++ {
				g.pix[y*g.w+x] = 255
			}
		}
	}
	return texts
}

// Limits of one search. The library compares every three marks it finds, so that a picture made of marks would keep it busy for hours.
const (
	maxMarks = 48
	maxTries = 32
)

type tooManyMarks struct{}

// code finds and reads one code. It returns "" for none, also where the library gives up on nonsense in its own way, by a panic.
func (g gray) code(hybrid bool) (text string, where image.Rectangle) {
	defer func() {
		if recover() != nil {
			text, where = "", image.Rectangle{}
		}
	}()
	src, err := gozxing.NewPlanarYUVLuminanceSource(g.pix, g.w, g.h, 0, 0, g.w, g.h, false)
	if err != nil {
		return "", where
	}
	bin := gozxing.NewGlobalHistgramBinarizer(src)
	if hybrid {
		bin = gozxing.NewHybridBinarizer(src)
	}
	black, err := bin.GetBlackMatrix()
	if err != nil {
		return "", where
	}
	marks := 0
	finder := detector.NewFinderPatternFinder(black, func(gozxing.ResultPoint) {
		if marks++; marks > maxMarks {
			panic(tooManyMarks{})
		}
	})
	finder.Find(nil) // its choice of three is not asked for: with two codes it mixes them
	for _, three := range corners(finder.GetPossibleCenters()) {
		found, err := detector.NewDetector(black).ProcessFinderPatternInfo(three)
		if err != nil {
			continue
		}
		if res, err := decoder.NewDecoder().Decode(found.GetBits(), nil); err == nil && res.GetText() != "" {
			return res.GetText(), square(three)
		}
	}
	return "", where
}

// corners are the threes of marks that look most like the corners of one code.
func corners(marks []*detector.FinderPattern) (out []*detector.FinderPatternInfo) {
	type three struct {
		info *detector.FinderPatternInfo
		off  float64
	}
	var all []three
	for i, a := range marks {
		for j, b := range marks[:i] {
			for _, c := range marks[:j] {
				small := min(a.GetEstimatedModuleSize(), b.GetEstimatedModuleSize(), c.GetEstimatedModuleSize())
				large := max(a.GetEstimatedModuleSize(), b.GetEstimatedModuleSize(), c.GetEstimatedModuleSize())
				if large > 1.6*small || min(a.GetCount(), b.GetCount(), c.GetCount()) < 2 {
					continue
				}
				bl, tl, tr := gozxing.ResultPoint_OrderBestPatterns(a, b, c)
				down, right, across := distance(tl, bl), distance(tl, tr), distance(bl, tr)
				if down < 10*small || right < 10*small {
					continue
				}
				off := math.Abs(down-right)/max(down, right) + math.Abs(across-math.Hypot(down, right))/across + (large-small)/large
				all = append(all, three{detector.NewFinderPatternInfo(bl.(*detector.FinderPattern), tl.(*detector.FinderPattern), tr.(*detector.FinderPattern)), off})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b three) int { return cmp.Compare(a.off, b.off) })
	for _, t := range all[:min(len(all), maxTries)] {
		out = append(out, t.info)
	}
	return out
}

func distance(a, b gozxing.ResultPoint) float64 {
	return math.Hypot(a.GetX()-b.GetX(), a.GetY()-b.GetY())
}

// square holds all of a code.
func square(c *detector.FinderPatternInfo) image.Rectangle {
	tl, tr, bl := c.GetTopLeft(), c.GetTopRight(), c.GetBottomLeft()
	xs := []float64{tl.GetX(), tr.GetX(), bl.GetX(), tr.GetX() + bl.GetX() - tl.GetX()}
	ys := []float64{tl.GetY(), tr.GetY(), bl.GetY(), tr.GetY() + bl.GetY() - tl.GetY()}
	rim := 5.5 * tl.GetEstimatedModuleSize()
	return image.Rect(int(slices.Min(xs)-rim), int(slices.Min(ys)-rim), int(slices.Max(xs)+rim), int(slices.Max(ys)+rim))
}
