"""Pools of generic words the sample draws from. No word stands for a real person or firm.

What does not belong here: how often a word is drawn.
"""

# Given name → how its owner writes it in an e-mail address.
GIVEN_NAMES = {
    "Ada": "ada", "Ben": "ben", "Clara": "clara", "Dan": "dan", "Elena": "elena",
    "Finn": "finn", "Greta": "greta", "Hugo": "hugo", "Iris": "iris", "Jonas": "jonas",
    "Kira": "kira", "Leo": "leo", "Mara": "mara", "Nils": "nils", "Olga": "olga",
    "Paul": "paul", "Rosa": "rosa", "Sam": "sam", "Tess": "tess", "Uma": "uma",
    "Vera": "vera", "Will": "will", "Yara": "yara", "Zack": "zack", "Zoë": "zoe",
    "José": "jose", "Søren": "soren", "Łucja": "lucja", "Renée": "renee",
    "Jürgen": "juergen", "Anaïs": "anais", "Björk": "bjork",
    "Anne-Marie": "annemarie", "María José": "mariajose", "Мария": "mariya",
    "美咲": "misaki",
}  # fmt: skip

FAMILY_NAMES = {
    "Ashdown": "ashdown", "Barley": "barley", "Cove": "cove", "Dale": "dale",
    "Elmwood": "elmwood", "Fairlake": "fairlake", "Glen": "glen", "Hillcrest": "hillcrest",
    "Inman": "inman", "Juniper": "juniper", "Kettle": "kettle", "Lowland": "lowland",
    "Marsh": "marsh", "Northway": "northway", "Oakley": "oakley", "Pinewood": "pinewood",
    "Quarry": "quarry", "Reedbank": "reedbank", "Summerfield": "summerfield",
    "Thistle": "thistle", "Underhill": "underhill", "Valley": "valley",
    "Westbrook": "westbrook", "Yarrow": "yarrow", "van der Heide": "vanderheide",
    "O'Field": "ofield", "O&#039;Brook": "obrook", "Grün": "gruen", "Peña": "pena",
    "Ødeland": "odeland", "Château": "chateau", "Smith-Hollow": "smithhollow",
}  # fmt: skip

COMPANY_FIRST = (
    "Acme", "Amber", "Atlas", "Beacon", "Birch", "Café", "Cedar", "Cobalt", "Comet",
    "Copper", "Delta", "Ember", "Falcon", "Fjord", "Garnet", "Granite", "Harbor", "Hazel",
    "Indigo", "Ivory", "Jasper", "Juniper", "Kestrel", "Lantern", "Lotus", "Maple",
    "Meadow", "Nimbus", "Onyx", "Orchid", "Pebble", "Quartz", "Raven", "Saffron", "Slate",
    "Tundra", "Umbra", "Velvet", "Willow", "Zephyr",
)  # fmt: skip
COMPANY_SECOND = (
    "Widgets", "Analytics", "Bakery", "Books", "Builders", "Ceramics", "Clinic", "Coaching",
    "Consulting", "Craft", "Dental", "Design", "Digital", "Events", "Fitness", "Foods",
    "Furniture", "Gardens", "Health", "Homes", "Imports", "Kitchens", "Learning", "Legal",
    "Logistics", "Marketing", "Media", "Mobility", "Motors", "Music", "Outdoors", "Paper",
    "Partners", "Pets", "Photo", "Plumbing", "Press", "Print", "Realty", "Roasters",
    "Robotics", "Security", "Software", "Solar", "Sports", "Studio", "Supply", "Textiles",
    "Travel", "Yoga",
)  # fmt: skip
COMPANY_THIRD = (
    "", "North", "South", "East", "West", "Central", "Coastal", "Highland", "Lakeside",
    "Metro", "Midtown", "Mountain", "Oceanic", "Pacific", "Atlantic", "Prairie",
    "Riverside", "Seaside", "Sunrise", "Sunset", "Uptown", "Urban", "Alpine", "Arctic",
    "Baltic", "Bayside", "Border", "Canyon", "Delta", "Desert", "Eastern", "Forest",
    "Frontier", "Garden", "Gulf", "Harbour", "Heritage", "Island", "Junction", "Nordic",
    "Northern", "Orchard", "Park", "Plains", "Southern", "Spring", "Summit", "Tropic",
    "Village", "Western",
)  # fmt: skip
COMPANIES_AT_MOST = len(COMPANY_FIRST) * len(COMPANY_SECOND) * len(COMPANY_THIRD)

OWNERS = ("owner-north@example.com", "owner-south@example.com", "owner-east@example.com")
DOMAINS = ("example.com", "example.org", "example.net")
INVALID_EMAILS = ("broken@", "@example.com", "no-at-sign.example.com", "two@@example.com")

# Tag → share of contacts that carry it. Behavioural ones are what the tag probe looks for.
TAGS = {
    "Newsletter": 0.42, "Customer": 0.27, "VIP": 0.04, "Webinar Registered March": 0.11,
    "Webinar Attended March": 0.06, "Form Completed Quote": 0.07,
    "Clicked Pricing Page": 0.09, "Opened Launch Email": 0.16, "Abandoned Cart": 0.05,
    "Quiz Completed": 0.06, "Video Watched 75": 0.03, "Downloaded Ebook": 0.13,
    "Lead Magnet 2023": 0.1, "Lead Magnet 2024": 0.12, "Black Friday 2024": 0.07,
    "Affiliate Prospect": 0.02, "Partner": 0.015, "Podcast Listener": 0.05,
    "Interested in Coaching": 0.08, "Interested in Courses": 0.12, "Do Not Call": 0.01,
    "Event Berlin": 0.02, "Event Austin": 0.02, "Trial Started": 0.05, "Trial Ended": 0.03,
    "Refund Requested": 0.01, "Survey Submitted": 0.04, "Booked Call": 0.03,
    "No Show": 0.01, "Beta Tester": 0.02, "Re Engagement 2025": 0.06, "Café Lovers": 0.02,
}  # fmt: skip
LISTS = {
    "Main Newsletter": 0.55, "Customers": 0.25, "Webinar Series": 0.18,
    "Product Updates": 0.2, "Weekly Tips": 0.3, "Partners": 0.03, "Course Waitlist": 0.08,
    "Old Imports 2019": 0.06,
}  # fmt: skip
SEQUENCES = {
    "Welcome Series": 0.5,
    "Onboarding": 0.15,
    "Win Back": 0.06,
    "Launch 2025": 0.1,
}
MEMBERSHIPS = {"Members Area - Gold": 0.06, "Members Area - Silver": 0.09, "Academy": 0.05}

TOPICS = (
    "Email marketing", "Sales funnels", "Copywriting", "Podcasts", "Leadership, culture",
    "Bookkeeping", "The \"big\" picture", "SEO", "Vidéo", "=SUM(1,2)", "+1 for all of it",
    "-none-", "@home projects",
)  # fmt: skip
ABOUT_YOU = (
    "I run a small studio.\nWe ship on Fridays.",
    'Freelancer, "always learning", two kids;\nfound you through a friend.',
    "Zwölf Jahre Erfahrung, jetzt selbständig.",
    "Just looking around.",
)
ABOUT_LONG = "We have tried several tools before and none stayed for longer than a year. "
NOTES = (
    'Called twice, left a message.\nAsked for a quote, "no rush".',
    "Met at the spring fair; likes blue, not red.",
    '=HYPERLINK("https://example.com","see the file")',
    "Invoice to the office, not the home address.\n\nSecond line after a blank one.",
    "Préfère être contacté le matin.",
    "-- old CRM import --",
)
COMPANY_SIZES = ("Just me", "2-10", "11-50", "51-200", "201-1000", "More than 1000")
PREFERENCES = ("Email", "Phone", "Text message", "No preference")
INTERESTS = {"Courses": 0.5, "Coaching": 0.3, "Templates": 0.35, "Live events": 0.2,
             "Community": 0.25}  # fmt: skip
SOURCES = {"single-optin": 40, "double-optin": 15, "checkout": 18, "import": 12, "api": 5,
           "manual": 4, "helpdesk": 3, "affiliate-signup": 3}  # fmt: skip

STREETS = (
    "1 Main Street", "22 Oak Avenue, Suite 4", "7 Hill Road", '310 "The Mill" Lane',
    "48 River Drive\nBuilding C", "9 Market Square",
)  # fmt: skip
PLACES = {  # country → (city, state, ZIP prefix)
    "United States": ("Springfield", "IL", "0627"),
    "Canada": ("Riverton", "ON", "K1A 0B"),
    "United Kingdom": ("Northbridge", "", "NB1 4A"),
    "Germany": ("Neustadt", "BY", "0123"),
    "Australia": ("Eastport", "NSW", "200"),
}

# Area codes in use in the United States, each with room for 8 million numbers.
AREA_CODES = (
    "201", "202", "203", "205", "206", "207", "208", "209", "210", "212", "213", "214",
    "215", "216", "217", "218", "219", "224", "225", "228", "229", "231", "234", "239",
    "240", "248", "251", "252", "253", "254", "256", "260", "262", "267", "269", "270",
    "276", "281", "301", "302", "303", "304", "305", "307", "308", "309", "310", "312",
    "313", "314", "315", "316", "317", "318", "319", "320", "321", "323", "325", "330",
    "334", "336", "337", "339", "347", "351", "352", "360", "361", "386", "401", "402",
    "404", "405", "406", "407", "408", "409", "410", "412", "413", "414", "415", "417",
    "419", "423", "425", "430", "432", "434", "435", "440", "443", "469", "478", "479",
    "480", "484", "501", "502", "503",
)  # fmt: skip
PROCESSORS = {"Stripe": 60, "PayPal": 30, "Braintree": 10}

# Product → price in cents. Titles hold what real ones hold: entities, commas, quotes.
ONE_TIME = {
    "Sales &amp; Funnels Course": 19_700, "Launch Checklist": 2_700,
    "Brand Workbook": 4_900, "Copy Clinic, Recorded": 9_700, "Strategy Day": 199_700,
    'The "Quick Start" Kit': 1_700,
}  # fmt: skip
# Plan → price in cents, days between payments, words for the term.
PLANS = {
    "Members Club": (2_900, 30, ("Monthly", "1 month")),
    "Academy": (9_900, 30, ("Monthly", "Monthly")),
    "Café Society": (29_000, 365, ("Yearly", "Annual")),
    "Weekly Mentoring": (4_500, 7, ("Weekly", "Weekly")),
    "Mastermind": (149_000, 91, ("Quarterly", "Quarterly")),
}
RETIRED_PRODUCT = "Retired Masterclass 2017"  # only refunds name it: nobody bought it
