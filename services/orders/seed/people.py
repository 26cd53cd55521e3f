"""Customers with plausible names; all drawn from the seed, none a real person."""

import random
from datetime import datetime, timedelta
from typing import Any

# country, its share of customers in percent, first names, last names
_PLACES = (
    (
        "DE",
        34,
        "Anna Ben Clara David Emma Felix Greta Hannes Ida Jonas Lena Mats Nele Paul",
        "Becker Braun Fischer Hartmann Keller Krüger Lange Meyer Schulz Vogel Wagner Winter",
    ),
    (
        "FR",
        16,
        "Alice Antoine Camille Chloé Hugo Inès Jules Louise Lucas Manon Noé Zoé",
        "Bernard Dubois Durand Fontaine Girard Lambert Laurent Leroy Mercier Moreau Roux",
    ),
    (
        "GB",
        14,
        "Amelia Arthur Daisy Edward Freya George Harry Isla Oliver Poppy Rosie Theo",
        "Bennett Clarke Cooper Davies Evans Hughes Patel Reed Shaw Turner Walker Wright",
    ),
    (
        "NL",
        10,
        "Anouk Bram Daan Eva Fleur Lotte Milan Noor Sem Tess Thijs",
        "Bakker Bos Brouwer Dekker Jansen Kok Meijer Mulder Smit Visser Vos",
    ),
    (
        "IT",
        9,
        "Alessia Chiara Davide Elisa Giulia Lorenzo Marco Matteo Paola Sofia",
        "Bianchi Colombo Conti Esposito Ferrari Greco Marino Ricci Romano Russo",
    ),
    (
        "ES",
        8,
        "Carmen Diego Elena Iker Javier Lucía Marta Nuria Pablo Sergio",
        "Castro Delgado Díaz García Gil Moreno Navarro Ortega Romero Serrano",
    ),
    (
        "SE",
        5,
        "Alva Astrid Elsa Erik Gustav Linnea Nils Oskar Saga",
        "Berg Dahl Ekström Holm Lind Lund Nyström Sandberg",
    ),
    (
        "AT",
        4,
        "Elias Johanna Leon Lukas Magdalena Tobias Valentina",
        "Auer Eder Gruber Huber Leitner Moser Steiner",
    ),
)
_ASCII = str.maketrans({"ü": "ue", "ö": "oe", "ä": "ae", "é": "e", "è": "e", "í": "i", "á": "a", "ñ": "n"})
_LONGEST_CUSTOMER = timedelta(days=1500)


def people(count: int, draw: random.Random, until: datetime) -> list[dict[str, Any]]:
    """Rows of `customers`, ids c-1 to c-<count>, who joined in the years before `until`."""
    places = [(country, first.split(), last.split()) for country, share, first, last in _PLACES for _ in range(share)]
    seconds = int(_LONGEST_CUSTOMER.total_seconds())
    rows = []
    for number in range(1, count + 1):
        country, firsts, lasts = places[int(draw.random() * len(places))]
        first, last = firsts[int(draw.random() * len(firsts))], lasts[int(draw.random() * len(lasts))]
        rows.append(
            {
                "id": f"c-{number}",
                "email": f"{first}.{last}{number}@example.com".lower().translate(_ASCII),
                "name": f"{first} {last}",
                "country": country,
                "created_at": until - timedelta(seconds=int(draw.random() * seconds)),
            }
        )
    return rows
