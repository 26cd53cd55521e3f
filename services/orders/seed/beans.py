"""The catalogue: twenty coffees, each in three sizes."""

from services.orders.models import Product

# name, origin, region, process, roast, tasting notes, price of 250 g in cents
_COFFEES = (
    ("Yirgacheffe Kochere", "Ethiopia", "Yirgacheffe", "washed", "light", "jasmine, bergamot, lemon", 1090),
    ("Guji Uraga", "Ethiopia", "Guji", "natural", "light", "blueberry, cocoa nib, honey", 1190),
    ("Sidamo Bensa", "Ethiopia", "Sidamo", "washed", "medium", "peach, black tea, caramel", 990),
    ("Nyeri Gatomboya", "Kenya", "Nyeri", "washed", "light", "blackcurrant, grapefruit, brown sugar", 1250),
    ("Kirinyaga AA", "Kenya", "Kirinyaga", "washed", "medium", "redcurrant, tomato leaf, molasses", 1180),
    ("Nyamasheke Hills", "Rwanda", "Nyamasheke", "washed", "medium", "orange, almond, raw sugar", 940),
    ("Decaf Popayán", "Colombia", "Cauca", "sugar cane decaf", "medium", "milk chocolate, cherry, orange", 980),
    ("Huila El Paraíso", "Colombia", "Huila", "washed", "medium", "red apple, panela, milk chocolate", 920),
    ("Nariño La Unión", "Colombia", "Nariño", "honey", "medium", "mandarin, caramel, plum", 980),
    ("Antigua Santa Clara", "Guatemala", "Antigua", "washed", "medium", "dark chocolate, cherry, walnut", 930),
    ("Huehuetenango", "Guatemala", "Huehuetenango", "washed", "medium", "toffee, pear, cinnamon", 950),
    ("Tarrazú Don Mayo", "Costa Rica", "Tarrazú", "honey", "light", "apricot, vanilla, honey", 1080),
    ("Boquete Caturra", "Panama", "Boquete", "washed", "light", "green apple, lemongrass, honey", 1390),
    ("Boquete Geisha", "Panama", "Boquete", "natural", "light", "jasmine, papaya, rose", 3900),
    ("Cerrado Santa Inês", "Brazil", "Minas Gerais", "natural", "dark", "hazelnut, cocoa, low acidity", 760),
    ("Beanline Espresso", "Brazil", "Blend", "pulped natural", "dark", "nougat, cocoa, orange peel", 740),
    ("Lintong Blue", "Indonesia", "Sumatra", "wet hulled", "dark", "cedar, dark chocolate, clove", 890),
    ("Toraja Sapan", "Indonesia", "Sulawesi", "wet hulled", "dark", "tobacco, brown spice, syrup", 910),
    ("Monsooned Malabar", "India", "Malabar", "monsooned", "dark", "malt, nutmeg, cacao", 820),
    ("Beanline House Blend", "Brazil", "Blend", "washed", "dark", "chocolate, roasted nut, caramel", 690),
)
_SIZES = ((250, 100), (500, 190), (1000, 360))  # grams, price in percent of 250 g
_ASCII = str.maketrans("áéíóúñêç", "aeiounec")


def beans() -> list[Product]:
    """The sixty products, cheapest size of each coffee first."""
    return [
        Product(
            id=_slug(name, weight_g),
            name=f"{name}, {weight_g} g",
            origin=origin,
            region=region,
            process=process,
            roast=roast,
            tasting_notes=notes,
            weight_g=weight_g,
            price_cents=cents * percent // 1000 * 10,
        )
        for name, origin, region, process, roast, notes, cents in _COFFEES
        for weight_g, percent in _SIZES
    ]


def _slug(name: str, weight_g: int) -> str:
    words = name.lower().translate(_ASCII).split()
    return f"{'-'.join(words)}-{weight_g}g"
